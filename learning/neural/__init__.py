"""Meta-training of neural models on the stored trials."""
