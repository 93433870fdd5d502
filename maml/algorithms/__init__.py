"""One meta-learning algorithm a file."""
