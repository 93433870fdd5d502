"""Foreign tuning histories as domain values: Optuna, MLflow, Weights & Biases, Ray Tune, scikit-learn, tables, folders."""
