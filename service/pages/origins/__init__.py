"""Where recommendations and configurations come from."""
