"""Health of transfer: influence of past tasks, harm, fallbacks, backtests, coverage."""
