"""What everything speaks of: tasks, search spaces, trials, answers, errors. Nothing here sends or stores."""
