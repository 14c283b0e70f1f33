"""Other servers that pictd talks to over HTTP."""
