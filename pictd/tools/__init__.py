"""The parent side of children: pools of processes that touch media on the daemon's behalf."""
