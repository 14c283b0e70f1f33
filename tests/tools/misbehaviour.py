"""Tasks that behave, and tasks that do what a taken-over decoder might, for the real fork server.

Each of the latter tells what it got away with: ``{"did": true}``, or the error that stopped it.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NoReturn

import numpy as np
from PIL import Image

Arguments = dict[str, object]
Answer = dict[str, object]

_libc = ctypes.CDLL(None, use_errno=True)


class Unreadable(Exception):
    """As the real tasks raise it."""


class Unsupported(Exception):
    """As the real tasks raise it."""


class Impossible(Exception):
    """As the real tasks raise it."""


def _attempt(act: Callable[[], object]) -> Answer:
    try:
        act()
    except OSError as error:
        return {"did": False, "errno": error.errno}
    return {"did": True}


def _path(arguments: Arguments) -> Path:
    return Path(str(arguments["path"]))


def echo(arguments: Arguments) -> Answer:
    """The arguments."""
    return {"echo": arguments}


def whereabouts(arguments: Arguments) -> Answer:
    """Facts about the process."""
    return {
        "pid": os.getpid(),
        "group": os.getpgrp(),
        "folder": str(Path.cwd()),
        "open": [each for each in range(64) if _attempt(partial(os.fstat, each))["did"]],
        "environment": sorted(os.environ),
    }


def raises(arguments: Arguments) -> Answer:
    """An error of the given class."""
    known = {each.__name__: each for each in (Unreadable, Unsupported, Impossible, MemoryError)}
    raise known.get(str(arguments["name"]), KeyError)(arguments["text"])


def connect(arguments: Arguments) -> Answer:
    """A connection to a port of this machine."""
    return _attempt(lambda: socket.create_connection(("127.0.0.1", int(str(arguments["port"])))))


def open_socket(arguments: Arguments) -> Answer:
    """A socket of each kind: how many were made."""
    kinds = [(socket.AF_INET, socket.SOCK_STREAM), (socket.AF_INET, socket.SOCK_DGRAM)]
    kinds += [(socket.AF_INET6, socket.SOCK_STREAM), (socket.AF_UNIX, socket.SOCK_STREAM)]
    done = [_attempt(partial(socket.socket, *kind))["did"] for kind in kinds]
    return {"did": any(done) or _attempt(socket.socketpair)["did"]}


def read(arguments: Arguments) -> Answer:
    """A file's first bytes."""
    return _attempt(lambda: _path(arguments).open("rb").read(1))


def list_folder(arguments: Arguments) -> Answer:
    """A folder's names."""
    return _attempt(lambda: list(_path(arguments).iterdir()))


def write(arguments: Arguments) -> Answer:
    """A file with a few bytes."""
    return _attempt(lambda: _path(arguments).write_bytes(b"written"))


def truncate(arguments: Arguments) -> Answer:
    """A file emptied through an open for reading."""
    return _attempt(lambda: os.open(_path(arguments), os.O_RDONLY | os.O_TRUNC))


def change_mode(arguments: Arguments) -> Answer:
    """A file that nobody may read any more."""
    return _attempt(lambda: _path(arguments).chmod(0))


def remove(arguments: Arguments) -> Answer:
    """A file removed."""
    return _attempt(lambda: _path(arguments).unlink())


def link_outside(arguments: Arguments) -> Answer:
    """A symbolic link in the folder to somewhere else."""
    return _attempt(lambda: Path("link").symlink_to(_path(arguments)))


def allocate(arguments: Arguments) -> Answer:
    """Memory, touched."""
    return {"sum": int(np.ones(int(str(arguments["bytes"])), np.uint8)[::4096].sum())}


def spin(arguments: Arguments) -> Answer:
    """Processor time without end."""
    while True:
        pass


def spin_deaf(arguments: Arguments) -> Answer:
    """Processor time without end, and deaf to the first warning."""
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    while True:
        pass


def sleep(arguments: Arguments) -> Answer:
    """Sleeps; a file tells that it has begun."""
    Path("begun").touch()
    time.sleep(float(str(arguments.get("seconds", 3600))))
    return {}


def fork(arguments: Arguments) -> Answer:
    """Another process."""

    def act() -> None:
        if os.fork() == 0:
            os._exit(0)

    return _attempt(act)


def execute(arguments: Arguments) -> Answer:
    """Another program, in a new process and in this one."""
    if _attempt(lambda: subprocess.run(["/bin/true"], check=False))["did"]:
        return {"did": True}
    return _attempt(lambda: os.execv("/bin/true", ["true"]))


def use_threads(arguments: Arguments) -> Answer:
    """A thread, which is allowed."""
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(1))
    thread.start()
    thread.join()
    return {"found": found}


def fill_disk(arguments: Arguments) -> Answer:
    """A file of ten gigabytes."""
    with Path("large").open("wb") as file:
        for _ in range(10_000):
            file.write(bytes(1_000_000))
    return {"did": True}


def kill_parent(arguments: Arguments) -> Answer:
    """Signals to the fork server, to its daemon, and to everybody."""
    targets = [os.getppid(), int(str(arguments["daemon"])), -1, 0]
    return {"did": any(_attempt(partial(os.kill, t, signal.SIGTERM))["did"] for t in targets)}


def raise_limits(arguments: Arguments) -> Answer:
    """Its own limits lifted."""
    wide = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    try:
        resource.setrlimit(resource.RLIMIT_AS, wide)
    except (OSError, ValueError):
        return {"did": False}
    return {"did": True}


def leave_group(arguments: Arguments) -> Answer:
    """A process group of its own, to escape the kill."""
    return _attempt(lambda: os.setpgid(0, os.getppid()))


def trace_parent(arguments: Arguments) -> Answer:
    """The fork server under a debugger."""
    return {"did": _libc.ptrace(16, os.getppid(), None, None) == 0}


def garbage(arguments: Arguments) -> Answer:
    """Noise on standard output, on standard error and as the answer."""
    os.write(1, b"\xff" * 1000)
    os.write(2, b"\xff" * 1000)
    _answer_with(bytes(str(arguments["answer"]), "latin-1"))
    os._exit(0)


def crash(arguments: Arguments) -> Answer:
    """A read from nowhere."""
    ctypes.string_at(8)
    return {}


def abort(arguments: Arguments) -> NoReturn:
    """What C libraries do in despair."""
    os.abort()


def vanish(arguments: Arguments) -> NoReturn:
    """An end without an answer."""
    os._exit(int(str(arguments.get("status", 0))))


def huge(arguments: Arguments) -> Answer:
    """An answer of a hundred megabytes."""
    return {"text": "x" * 100_000_000}


def codecs(arguments: Arguments) -> Answer:
    """Every codec, on files in the folder: what could not be done."""
    failed = []
    for name in ("JPEG", "PNG", "GIF", "WEBP", "AVIF"):
        path = Path(f"picture.{name.lower()}")
        Image.effect_noise((640, 480), 50).convert("RGB").save(path, name)
        with Image.open(path) as picture:
            if picture.convert("RGB").resize((10, 10)).size != (10, 10):
                failed.append(name)
    return {"failed": failed}


def _answer_with(data: bytes) -> None:
    """Past the machinery, to whatever file is open."""
    for number in range(3, 64):
        try:
            os.write(number, data)
        except OSError:
            continue


TASKS = {
    each.__name__: each
    for each in (
        abort,
        allocate,
        change_mode,
        codecs,
        connect,
        crash,
        echo,
        execute,
        fill_disk,
        fork,
        garbage,
        huge,
        kill_parent,
        leave_group,
        link_outside,
        list_folder,
        open_socket,
        raise_limits,
        raises,
        read,
        remove,
        sleep,
        spin,
        spin_deaf,
        trace_parent,
        truncate,
        use_threads,
        vanish,
        whereabouts,
        write,
    )
}
