"""Makes .venv from the lock file with the standard library and the host's pip, then becomes the program asked for."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed.json"
RUN, DEV = ROOT / "requirements.lock", ROOT / "requirements-dev.lock"


def main() -> None:
    """`up …`, `test …`, `faults …`, `audit` or `sbom [FILE]`."""
    verb, *rest = sys.argv[1:]
    prepare(RUN if verb == "up" else DEV)
    os.chdir(ROOT)
    programs = {
        "up": ["-m", "surveyor", "up"],
        "test": [str(ROOT / "bin" / "_checks.py")],
        "faults": ["-m", "tests.faults.nightly"],
        "audit": [str(ROOT / "bin" / "_supply.py"), "audit"],
        "sbom": [str(ROOT / "bin" / "_supply.py"), "sbom"],
    }
    program = programs[verb]
    os.execv(PYTHON, [str(PYTHON), *program, *rest])


def prepare(lock: Path) -> None:
    """Have .venv hold what `lock` names; nothing is done when its stamp says that it does."""
    if is_stamped(lock):
        return
    VENV.mkdir(exist_ok=True)
    with (VENV / ".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if is_stamped(lock):
            return
        if not works():
            # --without-pip: Debian ships Python without ensurepip. The folder is kept: we hold a lock in it.
            venv.EnvBuilder(with_pip=False, symlinks=True, upgrade=False).create(VENV)
        install(lock)
        link_checkout()
        stamp(lock)


def wanted(lock: Path) -> dict[str, str]:
    """What the stamp must say for `lock`; moving the checkout or changing Python changes it."""
    return {lock.name: hashlib.sha256(lock.read_bytes()).hexdigest(), "root": str(ROOT), "python": sys.version}


def is_stamped(lock: Path) -> bool:
    """Whether .venv was made from this very lock file, here, with this Python."""
    try:
        said = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return False
    return PYTHON.exists() and wanted(lock).items() <= said.items()


def works() -> bool:
    """Whether .venv has a Python that starts and is this one."""
    probe = [str(PYTHON), "-I", "-c", "import sys; print(sys.version, sys.prefix, sep='\\n')"]
    try:
        said = subprocess.run(probe, capture_output=True, text=True, check=False).stdout
    except OSError:
        return False
    return said.strip() == f"{sys.version}\n{VENV}".strip()


def pip() -> list[str]:
    """A pip of the host that can install into another Python (22.3 or newer)."""
    candidates = [
        [sys.executable, "-m", "pip"],
        *([found] for name in ("pip3", "pip") if (found := shutil.which(name))),
    ]
    for candidate in candidates:
        probe = [*candidate, "--python", str(PYTHON), "--version"]
        if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
            return candidate
    sys.exit("surveyor needs pip 22.3 or newer for this Python (Debian: apt-get install python3-pip).")


def install(lock: Path) -> None:
    """Install exactly the lock file: hashes checked, wheels only, nothing resolved anew."""
    command = [*pip(), "--python", str(PYTHON), "install", "--require-hashes", "--no-deps", "--only-binary", ":all:"]
    command += ["--disable-pip-version-check", "--no-input", "--no-warn-script-location", "--progress-bar", "off"]
    total = sum(1 for line in lock.read_text().splitlines() if "==" in line)
    print(f"First start: installing {total} packages from {lock.name} into .venv", file=sys.stderr, flush=True)
    # The checkout may be anywhere and HOME may be empty or missing: nothing outside .venv is written but pip's cache.
    with subprocess.Popen(
        [*command, "-r", str(lock)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as run:
        said = follow(run, total)
    if run.returncode:
        sys.exit("".join(said[-20:]) + "\nThe packages could not be installed: the last lines of pip are above.")


def follow(run: subprocess.Popen[str], total: int) -> list[str]:
    """Count what pip collects on a terminal; return all that it said."""
    said, count, shown = [], 0, sys.stderr.isatty()
    assert run.stdout is not None
    for line in run.stdout:
        said.append(line)
        count += line.startswith(("Collecting", "Requirement already"))
        if shown:
            print(f"\r  {min(count, total)}/{total}", end="", file=sys.stderr, flush=True)
    if shown:
        print("\r" + " " * 20 + "\r", end="", file=sys.stderr, flush=True)
    return said


def link_checkout() -> None:
    """Let .venv find the package in this checkout, and have the `surveyor` command in .venv/bin."""
    packages = VENV / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    (packages / "surveyor-checkout.pth").write_text(f"{ROOT}\n")
    command = VENV / "bin" / "surveyor"
    command.write_text('#!/bin/sh\nexec "$(dirname -- "$0")/python" -m surveyor "$@"\n')
    command.chmod(0o755)


def stamp(lock: Path) -> None:
    """Write what .venv holds, whole or not at all. The development lock holds all that the other one does."""
    said = wanted(lock)
    if lock == DEV:
        said |= wanted(RUN)
    draft = STAMP.with_suffix(".new")
    draft.write_text(json.dumps(said, indent=1))
    draft.replace(STAMP)


if __name__ == "__main__":
    main()
