"""What learns from stored trials: models in use, refits with their gate, neural training."""
