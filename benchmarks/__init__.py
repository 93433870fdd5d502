"""Measurements: each prints a table and writes JSON that the docs' tables are made from."""
