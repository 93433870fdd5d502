"""Page of shared models."""
