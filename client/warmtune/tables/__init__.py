"""Tables on the user's machine: cells, columns, and how a table is described or packed for upload."""
