"""Which configurations are evaluated on every table: the shared design, and later rounds."""
