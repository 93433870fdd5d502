"""A refit: learn anew, leave every task out once, and let the version answer unless it is worse."""
