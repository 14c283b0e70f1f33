"""From a configuration to services."""
