"""An upload becoming stored: receive, validate, normalise, hash, store, publish; and its undo."""
