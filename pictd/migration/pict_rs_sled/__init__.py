"""What the trees of pict-rs 0.5 say, in the values in which repos hand it on (spec sled §11).

``source`` is the door. Trees that hang on the hashes are read side by side, ``alongside``; those in
other orders are laid on a ``shelf`` first. What can't be carried is counted in ``skips``.
"""
