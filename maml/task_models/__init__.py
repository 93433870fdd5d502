"""Neural task models: one network for tables of any shape, which starts from what it learned on many tables."""
