"""A disk whose fsync takes seconds: a shim that is loaded before libc, and what an installation does meanwhile."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from surveyor.jobs import desk
from surveyor.mail.message import Message
from surveyor.mail.providers.base import Accepted
from tests.faults.street import Street, Unhurried
from tests.servers import PostgreSQL

#: Each change waits half a second a time; the nightly tier waits the two seconds of the design.
DELAY_MS = int(os.environ.get("SLOW_FSYNC_MS", "500"))


def compiler() -> str | None:
    """A C compiler, if there is one."""
    return shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


class SlowDisk:
    """Switches the delay of whoever was started with `environment`, and reads when it was waited for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shim = folder / "slow_fsync.so"
        source = Path(__file__).with_name("slow_fsync.c")
        words = [
            str(compiler()),
            "-shared",
            "-fPIC",
            "-nostdlib",
            "-fno-builtin",
            "-w",
            "-o",
            str(self.shim),
            str(source),
        ]
        subprocess.run(words, check=True, capture_output=True)
        (folder / "log").touch()
        self.environment = {"LD_PRELOAD": str(self.shim), "SLOW_FSYNC": str(folder)}

    def slow(self) -> None:
        """From now on."""
        (self.folder / "delay").write_text(str(DELAY_MS))

    def waits(self) -> list[tuple[float, float]]:
        """Beginning and end of each slow fsync, in seconds of the monotonic clock."""
        lines = (self.folder / "log").read_text().splitlines()
        return sorted((int(began) / 1e9, int(ended) / 1e9) for began, ended in (line.split() for line in lines))


class SlowPostgreSQL(PostgreSQL):
    """A cluster on such a disk."""

    def __init__(self, disk: SlowDisk) -> None:
        super().__init__()
        self.disk = disk

    def command(self) -> list[str]:
        return ["env", *(f"{name}={value}" for name, value in self.disk.environment.items()), *super().command()]


class Noting(Unhurried):
    """Notes when it was called."""

    def __init__(self) -> None:
        super().__init__()
        self.called: list[float] = []

    def send(self, message: Message) -> Accepted:
        self.called.append(time.monotonic())
        return super().send(message)


def live(url: str, home: Path, slow: Any) -> dict[str, tuple[float, float]]:
    """An order, an email, an answer, once the disk is slow: when each began, and when the outside saw it done."""
    provider = Noting()
    street = Street(url, home, customers=4, provider=provider)
    slow()
    seen = {}
    began = time.monotonic()
    assert street.orders("slow").status_code == 200
    seen["order"] = began, time.monotonic()
    began = time.monotonic()
    desk.drain(street.house, desk.mailer(street.house), limit=1)
    seen["email"] = began, provider.called[0]
    began = time.monotonic()
    assert street.answer(provider.sent[0])
    seen["answer"] = began, time.monotonic()
    street.engine.dispose()
    return seen


if __name__ == "__main__":
    place = Path(sys.argv[2])
    print(json.dumps(live(sys.argv[1], place / "home", lambda: (place / "delay").write_text(str(DELAY_MS)))))
