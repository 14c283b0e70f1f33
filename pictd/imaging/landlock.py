"""File and network access of this process, cut down to given trees (Linux Landlock, ABI 1 to 7)."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

from pictd.imaging import kernel

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_PATH_BENEATH = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE = (1 << bit for bit in range(6))
MAKE_DIR, MAKE_REG, REFER, TRUNCATE = 1 << 7, 1 << 8, 1 << 13, 1 << 14

READ = READ_FILE | READ_DIR
CHANGE = WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | REFER | TRUNCATE

_OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}  # by ABI: how many of the rights it knows
_ALL_FILE_RIGHTS = 16
_NETWORK, _SCOPES = 0b11, 0b11  # bind and connect of TCP; abstract sockets and signals


def abi() -> int:
    """The kernel's Landlock version; 0 where there is none."""
    try:
        return kernel.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    except OSError:
        return 0


def restrict(trees: Iterable[tuple[Path, int]]) -> None:
    """Give up all access to files but these rights on these files and trees, and TCP, for ever.

    Needs no_new_privs. Files that are open already stay usable.

    :raise OSError: a path is missing, or the kernel refused.
    """
    version = abi()
    rights = (1 << _FILE_RIGHTS.get(version, _ALL_FILE_RIGHTS)) - 1
    ruleset = _create(version, rights)
    try:
        for path, wanted in trees:
            _allow(ruleset, path, wanted & rights)
        kernel.syscall(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)


def _create(version: int, rights: int) -> int:
    fields = [rights]
    if version >= 4:
        fields.append(_NETWORK)
    if version >= 6:
        fields.append(_SCOPES)
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    size = ctypes.c_size_t(len(attributes))
    return kernel.syscall(_CREATE_RULESET, attributes, size, ctypes.c_uint32(0))


def _allow(ruleset: int, path: Path, rights: int) -> None:
    fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        folder = path.is_dir()
        rule = struct.pack("=Qi", rights if folder else rights & _OF_FILES, fd)
        kind = ctypes.c_int(_PATH_BENEATH)
        kernel.syscall(_ADD_RULE, ctypes.c_int(ruleset), kind, rule, ctypes.c_uint32(0))
    finally:
        os.close(fd)
