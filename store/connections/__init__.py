"""Connections to the database: how each begins, whose rows it may touch, and how writers take turns."""
