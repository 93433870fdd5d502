"""Search spaces as numbers: the unit cube and designs in it."""
