"""Studies and their trials over HTTP."""
