"""One embedded installation a folder: a second start on the same data is refused, never run beside the first."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from surveyor.errors import SurveyorError


class TakenError(SurveyorError):
    """Another process holds the folder."""

    code = "home_taken"


@contextmanager
def hold(home: Path, *, patience: float = 8.0) -> Iterator[Path]:
    """Hold `home` for this process and its children. `patience`: seconds left to those who are just leaving.

    Raises:
        TakenError: somebody else stays; its process id is said.
    """
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = home / ".lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        end = time.monotonic() + patience
        while not _try(descriptor):
            if time.monotonic() > end:
                holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
                raise TakenError(f"{home} is in use by process {holder or 'unknown'}: stop it, or set SURVEYOR_HOME")
            time.sleep(0.1)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
        yield path
    finally:
        os.close(descriptor)


@contextmanager
def slot(folder: Path, kind: str) -> Iterator[str]:
    """The first number that no other process of this kind holds here, the same again after a restart.

    A folder that cannot be written gives the number of the process.
    """
    descriptors: list[int] = []
    try:
        yield _first_free(folder, kind, descriptors)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def _first_free(folder: Path, kind: str, descriptors: list[int]) -> str:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for number in range(1, 1000):
            descriptors.append(os.open(folder / f"{kind}-{number}.lock", os.O_RDWR | os.O_CREAT, 0o600))
            if _try(descriptors[-1]):
                return str(number)
            os.close(descriptors.pop())
    except OSError:
        pass
    return f"p{os.getpid()}"


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
