"""Long work: queued over HTTP, done by threads of the service, seen in the database."""
