"""Promises that hold however concurrent work is interleaved: a model, and random histories."""
