"""Warmtune: hyperparameter tuning that starts warm."""
