"""The log: what of it is let through, what its lines look like, and where they go."""
