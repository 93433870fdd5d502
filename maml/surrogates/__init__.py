"""Neural surrogates of tuning tasks."""
