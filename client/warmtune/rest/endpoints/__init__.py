"""The API, version 1, as functions from arguments to calls: the sync and the async client share them.

Each docstring speaks of the client's method of the same name; what it says to return is what the answer reads as.
"""
