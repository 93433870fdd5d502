"""The MAML family on torch.func, for neural surrogates and neural task models."""
