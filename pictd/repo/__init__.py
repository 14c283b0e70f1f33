"""Facts about bytes: the backends of ``IRepo``."""
