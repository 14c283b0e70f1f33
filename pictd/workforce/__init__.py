"""Several processes that serve as one (``server.workers``): a supervisor, and its workers."""
