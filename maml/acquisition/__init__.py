"""Learned acquisition policies."""
