"""Search spaces over HTTP."""
