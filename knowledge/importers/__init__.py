"""Foreign tuning histories as domain values: Optuna, MLflow, W&B, Ray Tune, scikit-learn, tables, folders."""
