"""Workspaces over HTTP: created, listed and deleted by the service's administrators."""
