"""Moving what a server keeps to other places."""
