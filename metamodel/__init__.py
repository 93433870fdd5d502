"""From past trials to recommendations and suggestions."""
