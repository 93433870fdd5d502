"""Search-space catalogue, shipped knowledge base and how it is made."""
