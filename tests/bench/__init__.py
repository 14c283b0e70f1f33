"""Tests of the benchmark: that its figures mean what they say."""
