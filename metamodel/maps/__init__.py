"""Performance maps: every past task's estimated score of every anchor configuration."""
