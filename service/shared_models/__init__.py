"""Shared models over HTTP: given, listed, accepted and ended by whoever administers a workspace."""
