"""Learned models: in memory, in the database, with what was reported since, and with what others share."""
