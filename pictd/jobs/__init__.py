"""Queued work: the workers that take it, and what each kind of job does."""
