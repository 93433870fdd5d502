"""The API over HTTP: calls, connections, retries, problems."""
