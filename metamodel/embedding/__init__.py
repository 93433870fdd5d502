"""The task embedding: which past tasks are near."""
