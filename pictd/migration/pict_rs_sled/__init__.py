"""What the trees of pict-rs 0.5 say, in the values in which repos hand it on, and how it comes into
a repo (spec sled §11).

``takeover`` is the door; ``reading`` is the source that it takes, in threads; ``source`` says what
there is. Trees that hang on the hashes are read side by side, ``alongside``; those in other orders
are laid on a ``shelf`` first. What can't be carried is counted in ``skips``.
"""
