"""What runs the service: jobs, model versions, imports, keys, failures and cost."""
