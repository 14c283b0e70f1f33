"""Variants: one maker for each, however many wait for it."""
