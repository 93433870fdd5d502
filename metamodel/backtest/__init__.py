"""How good answers are on recorded trials, against other methods."""
