"""Versions of models over HTTP: refits behind a backtest, and going back."""
