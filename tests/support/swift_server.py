"""OpenStack Swift on one node, with its S3 interface, until standard input ends.

Run with the Python of an environment that has Swift: ``swift_server.py FOLDER PORT``. All that it
keeps is in the folder. It says ``ready`` when it serves.
"""

from __future__ import annotations

import getpass
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from urllib.request import urlopen

KINDS = ("account", "container", "object")
CLUSTER = """
[swift-hash]
swift_hash_path_prefix = pictd
swift_hash_path_suffix = pictd
[storage-policy:0]
name = gold
default = yes
[swift-constraints]
"""
SERVER = """
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
user = {user}
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
disable_fallocate = true
recon_cache_path = {folder}/cache
"""
STORAGE = """
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
"""
FILTERS = {
    "catch_errors": "",
    "gatekeeper": "",
    "healthcheck": "",
    "cache": "memcache_servers = 127.0.0.1:1\nmemcache_max_connections = 1",
    "s3api": "location = us-east-1\ns3_acl = false\nmin_segment_size = 1",
    "tempauth": "user_test_tester = testing .admin",
    "bulk": "",
    "slo": "",
    "dlo": "",
    "versioned_writes": "allow_object_versioning = true",
    "symlink": "",
}
EGGS = {"cache": "memcache"}


def free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write_ring(path: Path, port: int) -> None:
    """Where the data of one kind are: all here."""
    from swift.common.ring import RingBuilder  # type: ignore[import-not-found, unused-ignore]

    builder = RingBuilder(4, 1, 1)
    device = {"ip": "127.0.0.1", "port": port, "device": "d1", "region": 1, "zone": 1, "weight": 1}
    builder.add_dev({**device, "replication_ip": "127.0.0.1", "replication_port": port})
    builder.rebalance()
    builder.get_ring().save(str(path))


def proxy_settings() -> str:
    """What stands between clients and data."""
    filters = "".join(
        f"[filter:{name}]\nuse = egg:swift#{EGGS.get(name, name)}\n{settings}\n"
        for name, settings in FILTERS.items()
    )
    return (
        f"[pipeline:main]\npipeline = {' '.join(FILTERS)} proxy-server\n{filters}"
        "[app:proxy-server]\nuse = egg:swift#proxy\n"
        "account_autocreate = true\nallow_account_management = true\n"
    )


def start(folder: Path, port: int) -> Iterable[subprocess.Popen[bytes]]:
    """The processes of a new cluster."""
    for name in ("devices/d1", "cache"):
        (folder / name).mkdir(parents=True)
    (folder / "swift.conf").write_text(CLUSTER)
    told = {"user": getpass.getuser(), "folder": folder}
    settings = {"proxy": SERVER.format(port=port, **told) + proxy_settings()}
    for kind in KINDS:
        at = free_port()
        write_ring(folder / f"{kind}.ring.gz", at)
        settings[kind] = SERVER.format(port=at, **told) + STORAGE.format(kind=kind)
    for kind, text in settings.items():
        (folder / f"{kind}.conf").write_text(text)
        with (folder / f"{kind}.log").open("wb") as log:
            yield subprocess.Popen(
                [
                    sys.executable,
                    str(Path(sys.executable).parent / f"swift-{kind}-server"),
                    str(folder / f"{kind}.conf"),
                    "--verbose",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )


def serves(port: int) -> bool:
    """Whether it answers."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/healthcheck", timeout=5):
            return True
    except OSError:
        return False


def main(folder: Path, port: int) -> None:
    """Serve until whoever started this has gone."""
    processes: list[subprocess.Popen[bytes]] = []
    try:
        processes.extend(start(folder, port))
        end = time.monotonic() + 60
        while not serves(port) and time.monotonic() < end:
            time.sleep(0.05)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.read()
    finally:
        for process in processes:
            process.kill()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
