"""Workspaces over HTTP: made, listed and deleted by whoever administers the service."""
