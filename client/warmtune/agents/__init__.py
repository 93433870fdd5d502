"""The service for agents: tools of the Model Context Protocol (`warmtune mcp`)."""
