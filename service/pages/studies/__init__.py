"""Studies: their list, a study's progress and trials, its parameters."""
