"""Tasks: their map in the learned embedding, and what makes them similar."""
