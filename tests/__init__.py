"""The suite mirrors the package it tests; run it with ``make test``."""
