"""Meta-decision trees over HTTP: on which kinds of tasks what wins."""
