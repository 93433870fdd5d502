"""Parameters, examples and likelihoods as tensors, and their files."""
