"""The `warmtune` command: one file a command, loaded when it is called."""
