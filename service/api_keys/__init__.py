"""API keys: made, listed, revoked, and asked for."""
