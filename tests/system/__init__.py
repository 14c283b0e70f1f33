"""The real server from outside: what it does when things go wrong."""
