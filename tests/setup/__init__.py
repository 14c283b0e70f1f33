"""Tests of what sets pictd up and checks it."""
