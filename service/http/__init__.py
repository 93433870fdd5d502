"""What every route shares: problems, limits, identifiers, documentation."""
