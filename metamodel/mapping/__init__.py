"""Past studies of other search spaces, carried over to the asked one."""
