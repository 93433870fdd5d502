"""What everything speaks of: tasks, search spaces, trials, answers, errors. Nothing here knows a wire or a file."""
