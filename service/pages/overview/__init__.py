"""The start page: what the service knows, what it has saved, how it is."""
