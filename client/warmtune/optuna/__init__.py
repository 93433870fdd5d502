"""The bridge to Optuna: its public API only, Optuna 4 and 5."""
