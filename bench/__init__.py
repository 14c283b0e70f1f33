"""How fast pictd is, beside what the same work costs without it."""
