"""The power goes: a file system of its own stops at an instant, and what no fsync had made durable is gone.

`./bin/surveyor-faults --power N` runs it. The database lies on an ext4 in a file behind a loop device. A cut is ext4's
own shutdown without a flush of its journal (what its developers test crashes with): pages that were only in memory
are lost, a later fsync fails. Then every process is killed, the file system is mounted again and repairs itself. What
it does not show is a drive that forgets what it said it had written.
"""

from __future__ import annotations

import fcntl
import os
import random
import shutil
import struct
import subprocess
import time
from pathlib import Path

from tests.databases import PostgresDatabases, SqliteDatabases
from tests.faults.chaos import ROLES, Tally, World, ended, finished, started, wait_for_the_source
from tests.faults.chaos import prepared as use_its_rules
from tests.servers import PostgreSQL, quick_folder, wait_for

MEGABYTES = 512
#: Cuts of one network.
A_NETWORK = 8
#: EXT4_IOC_SHUTDOWN, and its flag that writes nothing more, not even the journal.
_SHUTDOWN, _WITHOUT_A_FLUSH = 0x8004587D, 2


def why_not() -> str:
    """Why the power cannot be cut on this machine; "" when it can."""
    if os.geteuid() != 0:
        return "it mounts a file system: run it as root"
    missing = [name for name in ("mkfs.ext4", "mount", "umount", "losetup") if not shutil.which(name, path=_PATH)]
    if missing or not Path("/dev/loop-control").exists():
        return f"{' and '.join(missing) or 'a loop device'} missing"
    return ""


_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


class Disk:
    """A small ext4 that can lose its power."""

    def __init__(self) -> None:
        self.folder = quick_folder("surveyor-power-")
        self.image, self.place = self.folder / "image", self.folder / "disk"
        self.place.mkdir()
        with self.image.open("wb") as file:
            file.truncate(MEGABYTES * 1024 * 1024)
        _run("mkfs.ext4", "-q", "-F", str(self.image))
        self.mount()

    def mount(self) -> None:
        """Plug it in; the file system repairs itself."""
        _run("mount", "-o", "loop", str(self.image), str(self.place))

    def cut(self) -> None:
        """From this instant nothing is written any more, and what was only in memory is gone."""
        handle = os.open(self.place, os.O_RDONLY)
        fcntl.ioctl(handle, _SHUTDOWN, struct.pack("I", _WITHOUT_A_FLUSH))
        os.close(handle)

    def unmount(self) -> None:
        """Let go of it, once the last process that had it open is gone, wherever else it was mounted meanwhile."""
        for _ in range(100):
            if subprocess.run(["umount", str(self.place)], capture_output=True, check=False).returncode == 0:
                break
            time.sleep(0.1)
        else:
            _run("umount", str(self.place))
        wait_for(lambda: not _said("losetup", "-j", str(self.image)), seconds=120, what="the loop device's release")

    def remove(self) -> None:
        """Forget it."""
        self.unmount()
        shutil.rmtree(self.folder, ignore_errors=True)


class OnThatDisk(PostgreSQL):
    """A cluster whose every byte lies on such a disk."""

    def __init__(self, disk: Disk, options: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.data = disk.place / "data"
        self.options = options

    def command(self) -> list[str]:
        return [*super().command(), *(word for option in self.options for word in ("-c", option))]

    def back(self) -> None:
        """Start after a cut: the children of the one before may hold its memory for a moment."""
        for _ in range(50):
            try:
                self.start()
            except RuntimeError:
                time.sleep(0.2)
            else:
                return
        self.start()


def _run(*words: str) -> None:
    _said(*words)


def _said(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False, env={**os.environ, "PATH": _PATH})
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def network(engine: str, *, cuts: int, seed: int, options: tuple[str, ...] = ()) -> Tally:
    """A network under which the power is cut so many times; `options`: of PostgreSQL, to see what they lose."""
    drawn, disk = random.Random(f"{seed} {engine}"), Disk()
    folder = quick_folder("surveyor-power-seen-")
    server = OnThatDisk(disk, options) if engine == "postgresql" else None
    try:
        if server is None:
            url = SqliteDatabases(disk.place).migrated()
        else:
            server.initialise()
            server.start()
            url = PostgresDatabases(server).migrated()
        os.sync()
        return _lived(World(url, folder, time.monotonic()), disk, server, cuts, drawn)
    finally:
        if server is not None:
            server.remove()
        disk.remove()
        shutil.rmtree(folder, ignore_errors=True)


def _lived(world: World, disk: Disk, server: OnThatDisk | None, cuts: int, drawn: random.Random) -> Tally:
    use_its_rules(world)
    for _ in range(cuts):
        pids = [started(world, role) for role in range(len(ROLES))]
        time.sleep(drawn.uniform(0.8, 2.5))
        disk.cut()
        for pid in pids:
            ended(pid)
        if server is not None:
            server.crash()
        disk.unmount()
        disk.mount()
        if server is not None:
            server.back()
    pids = [started(world, role) for role in range(len(ROLES))]
    wait_for_the_source(world)
    for pid in pids:
        ended(pid)
    found = finished(world)
    found.kills = cuts
    return found


def run(engine: str, *, cuts: int, seed: int, options: tuple[str, ...] = ()) -> Tally:
    """So many cuts on an engine, in networks of eight."""
    total = Tally()
    while total.kills < cuts:
        total += network(engine, cuts=min(A_NETWORK, cuts - total.kills), seed=seed + total.kills, options=options)
    return total
