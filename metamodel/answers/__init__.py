"""Recommendations and suggestions."""
