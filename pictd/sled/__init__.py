"""Reads the files of a database of sled 0.34, the one inside pict-rs 0.5, without changing a byte.

How it works (spec sled): ``db`` is a log, cut into segments of one size, whose messages each change
one numbered page. ``places`` finds the folder and ``lock`` keeps its owner from starting;
``recovery`` makes the page table, from a ``snapshot`` and from the log behind it; ``pages`` reads
the pages, and ``trees`` walks those of one tree in the order of their keys. What is damaged goes
into a ``damage`` report: by default that is the end, and with force all else is still delivered.
"""
