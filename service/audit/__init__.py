"""The audit trail: who has written what; read by admins."""
