"""Shared models over HTTP: given, listed, accepted and ended by a workspace's administrators."""
