"""Models in memory: learned from the store, swapped whole."""
