"""What moves from one store or repo to another."""
