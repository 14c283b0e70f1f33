"""Ceph's gateway for S3 on one node, until standard input ends: a monitor, a store in memory, and
two gateways to it. The second one takes session tokens, too; it does not tell as exactly why it
refuses somebody.

Run as a module: ``tests.support.rgw_server USER ACCESS_KEY SECRET_KEY NAME``: a user who may do
everything, and the host name below which buckets have theirs. When it serves it tells the ports of
the gateways on one line. All that it writes is in a folder that goes with it.

How it starts in less than a second: the new cluster is told of its one disk before it first starts,
instead of by commands, and the monitor does not wait, where it usually does for a second, for
further changes to join one that is about to be made.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import FrameType
from typing import IO
from uuid import uuid4

from tests.support.swift_server import free_port, wait_for

CLUSTER = """
[global]
fsid = {cluster}
mon_host = v1:127.0.0.1:{port}
mon_initial_members = a
public_network = 127.0.0.0/8
ms_bind_msgr2 = false
ms_bind_ipv6 = false
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
run_dir = {folder}
admin_socket =
pid_file =
log_file = {folder}/$name.log
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
[mon.a]
mon_data = {folder}/mon
mon_data_avail_crit = 0
mon_osd_auto_mark_in = true
paxos_propose_interval = 0.01
paxos_min_wait = 0.01
[osd]
osd_objectstore = memstore
memstore_device_bytes = 2G
osd_data = {folder}/osd
osd_class_update_on_start = false
osd_crush_update_on_start = false
[client.rgw]
rgw_data = {folder}
rgw_dns_name = {name}
rgw_multipart_min_part_size = 1
rgw_thread_pool_size = 32
"""
TOKENS = ("--rgw_s3_auth_use_sts=true", "--rgw_sts_key=sixteen-bytes-of")
RIGHTS = "user-policy=*"
# Seconds.
READY_WITHIN = 60
# What is started ends with this process, even where this is killed.
BOUND = ("setpriv", "--pdeathsig", "KILL")


class Cluster:
    """With all that it keeps below one folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._cluster, self._port = folder, str(uuid4()), free_port()
        self._settings = folder / "ceph.conf"
        for each in ("mon", "osd"):
            (folder / each).mkdir()
        told = {"folder": folder, "cluster": self._cluster, "port": self._port, "name": name}
        self._settings.write_text(CLUSTER.format(**told))
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """The monitor, and where objects are."""
        monitors, disks = str(self._folder / "monitors"), str(self._folder / "disks")
        address = f"[v1:127.0.0.1:{self._port}]"
        at = ("--create", "--fsid", self._cluster, "--addv", "a", address, monitors)
        self.run("monmaptool", *at)
        self.run("osdmaptool", "--createsimple", "1", disks)
        maps = ("--monmap", monitors, "--osdmap", disks)
        self.run("ceph-mon", "--id", "a", "--mkfs", *maps)
        self.begin("ceph-mon", "--id", "a")
        self.run("ceph-osd", "--id", "0", "--mkfs", "--osd-uuid", str(uuid4()))
        self.begin("ceph-osd", "--id", "0")

    def add_user(self, user: str, access_key: str, secret_key: str) -> None:
        """The owner of buckets."""
        keys = (f"--access-key={access_key}", f"--secret-key={secret_key}", f"--caps={RIGHTS}")
        who = (f"--uid={user}", f"--display-name={user}", *keys)
        self.run("radosgw-admin", "--name=client.rgw", "user", "create", *who)

    def serve(self, *options: str) -> int:
        """One more gateway; its port."""
        port = free_port()
        at = f"--rgw_frontends=beast endpoint=127.0.0.1:{port} tcp_nodelay=1"
        self.begin("radosgw", "--name=client.rgw", at, *options)
        wait_for(port, READY_WITHIN)
        return port

    def run(self, program: str, *arguments: str) -> None:
        """To its end.

        :raise subprocess.SubprocessError: it fails, or takes too long.
        """
        with self._log(program) as log:
            subprocess.run(
                [*BOUND, program, "--conf", str(self._settings), *arguments],
                check=True,
                timeout=READY_WITHIN,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def begin(self, program: str, *arguments: str) -> None:
        """It runs until ``end``."""
        with self._log(program) as log:
            process = subprocess.Popen(
                [*BOUND, program, "--conf", str(self._settings), "--foreground", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._processes.append(process)

    def end(self) -> None:
        """At once: nothing of it is needed again."""
        for process in reversed(self._processes):
            process.kill()
            process.wait()

    def told(self) -> str:
        """What the programs have said."""
        return "".join(
            path.read_text(errors="replace") for path in sorted(self._folder.glob("*.out"))
        )

    def _log(self, program: str) -> IO[bytes]:
        return (self._folder / f"{program}.out").open("ab")


def serve(cluster: Cluster, *owner: str) -> None:
    """Until whoever started this has gone."""
    try:
        cluster.start()
        cluster.add_user(*owner)
        ports = [cluster.serve(), cluster.serve(*TOKENS)]
        sys.stdout.write(" ".join(map(str, ports)) + "\n")
        sys.stdout.flush()
        sys.stdin.read()
    except (OSError, subprocess.SubprocessError):
        sys.stderr.write(cluster.told())
        raise
    finally:
        cluster.end()


def leave(number: int, frame: FrameType | None) -> None:
    """In order."""
    raise SystemExit(128 + number)


def main(*owner_and_name: str) -> None:
    """See above."""
    *owner, name = owner_and_name
    signal.signal(signal.SIGTERM, leave)
    with tempfile.TemporaryDirectory(prefix="pictd-rgw-") as folder:
        serve(Cluster(Path(folder), name), *owner)


if __name__ == "__main__":
    main(*sys.argv[1:])
