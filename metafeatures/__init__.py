"""From a file or frame to its table, and from the table to its meta-features."""
