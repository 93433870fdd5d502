"""Histories on the user's machine: made ready to be sent, and read back from a finished import."""
