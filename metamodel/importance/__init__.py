"""Which parameters matter, where good values lie, and what a study may expect."""
