"""Uploaded tables are parsed and described in child processes."""
