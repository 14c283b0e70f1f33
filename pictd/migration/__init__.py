"""Moves of all that is known, or of all bytes, from one place to another."""
