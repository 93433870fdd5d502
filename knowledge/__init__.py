"""The shipped knowledge base, how it is made, and importers of other histories."""
