"""The version of both distributions; their builds read it here."""

__version__ = "0.1.0"
