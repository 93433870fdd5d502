"""Upkeep of the repository."""
