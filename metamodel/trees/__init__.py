"""Meta-decision trees: in words, why this region or algorithm."""
