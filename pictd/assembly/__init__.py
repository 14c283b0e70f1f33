"""The composition root: from a configuration to a tree of services. Only here concrete classes are
named."""
