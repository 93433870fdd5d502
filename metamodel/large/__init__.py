"""Thousands to millions of past tasks: the prior is learned on some, and a few numbers are kept of each."""
