"""The knowledge base as a value, and the file in which it ships."""
