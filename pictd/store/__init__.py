"""Bytes by identifier: the backends of ``IStore``."""
