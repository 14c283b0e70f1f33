"""OpenStack Swift on one node, with its S3 interface, until standard input ends.

Run with the Python of an environment that has Swift: ``swift_server.py FOLDER PORT``. All that it
keeps is in the folder, and may be served again. It says ``ready`` when it serves.
"""

from __future__ import annotations

import getpass
import json
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

KINDS = ("account", "container", "object")
PROXY = "proxy"
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
        "error_suppression_limit = 1000000\n"
        "account_autocreate = true\nallow_account_management = true\n"
    )


def prepare(folder: Path, ports: Mapping[str, int]) -> None:
    """Write what the servers of a new cluster read."""
    for name in ("devices/d1", "cache"):
        (folder / name).mkdir(parents=True)
    (folder / "swift.conf").write_text(CLUSTER)
    told = {"user": getpass.getuser(), "folder": folder}
    for kind, port in ports.items():
        own = proxy_settings() if kind == PROXY else STORAGE.format(kind=kind)
        (folder / f"{kind}.conf").write_text(SERVER.format(port=port, **told) + own)
        if kind != PROXY:
            write_ring(folder / f"{kind}.ring.gz", port)


def start(folder: Path, kind: str) -> subprocess.Popen[bytes]:
    """One of the servers."""
    program = Path(sys.executable).parent / f"swift-{kind}-server"
    with (folder / f"{kind}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, str(program), str(folder / f"{kind}.conf"), "--verbose"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def wait_for(port: int, seconds: float) -> None:
    """Until somebody listens on it.

    :raise TimeoutError: nobody does.
    """
    end = time.monotonic() + seconds
    while not listens(port):
        if time.monotonic() >= end:
            raise TimeoutError(f"nobody listens on port {port}")
        time.sleep(0.05)


def listens(port: int) -> bool:
    """Whether somebody does."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def ports_in(folder: Path, port: int) -> Mapping[str, int]:
    """Of a cluster that was prepared, or is now."""
    noted = folder / "ports.json"
    if noted.exists():
        ports: Mapping[str, int] = json.loads(noted.read_text())
        return ports
    ports = {**{kind: free_port() for kind in KINDS}, PROXY: port}
    prepare(folder, ports)
    noted.write_text(json.dumps(ports))
    return ports


def main(folder: Path, port: int) -> None:
    """Serve until whoever started this has gone. Clients see all of it, or nothing."""
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for kind, each in ports_in(folder, port).items():
            processes.append(start(folder, kind))
            wait_for(each, seconds=60)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.read()
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
