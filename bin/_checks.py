"""Every check of the project, in one run: linters, types, tests against real servers, coverage. Run by ./bin/test."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PROGRAMS = {"chromium": BROWSERS, "postfix": ("smtp-sink",)}  # Debian package: one of the programs that it brings
#: The share of the branches of core, and of those of flows, that tests have to take.
LEAST = 0.95
LEFT_OUT = "browser, faults, PostgreSQL"


def main() -> int:
    """Run all of it, or with --fast what needs no browser, no kill and no PostgreSQL; the last line counts."""
    started = time.monotonic()
    fast = "--fast" in sys.argv[1:]
    rest = [word for word in sys.argv[1:] if word != "--fast"]
    missing = [] if fast else provide()
    failed = [f"{what} missing" for what in missing]
    with ThreadPoolExecutor() as pool:  # beside the tests, which wait for servers now and then
        others = {name: pool.submit(passes, name, command) for name, command in linters().items()}
        if not fast and not rest:
            others["audit of the libraries"] = pool.submit(audited)
        counts, status = tests(rest, fast=fast)
        failed += [name for name, good in others.items() if not good.result()]
    if status:
        failed.append("pytest")
    if not fast and not rest and not status and not covered():
        failed.append("coverage")
    line = f"{counts.get('passed', 0)} passed, {counts.get('failed', 0) + counts.get('error', 0)} failed"
    line += f", {counts['skipped']} skipped (named above)" if counts.get("skipped") else ""
    line += f" in {time.monotonic() - started:.0f} s"
    line += f"; NOT GOOD: {', '.join(failed)}" if failed else ""
    line += f"; fast: left out {LEFT_OUT}" if fast else ""
    print(line)
    return 1 if failed else 0


def provide() -> list[str]:
    """The programs that the tests need and that come with no wheel: installed as root on Debian, else named."""
    absent = [package for package, names in PROGRAMS.items() if not any(shutil.which(n, path=PATH) for n in names)]
    if absent and os.geteuid() == 0 and shutil.which("apt-get", path=PATH):
        print(f"installing {' and '.join(absent)}", flush=True)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "-qq", "update"], env=quiet, check=False)
        install = ["apt-get", "-qq", "-y", "--no-install-recommends", "install", *absent]
        subprocess.run(install, env=quiet, stdout=subprocess.DEVNULL, check=False)
        absent = [package for package in absent if not any(shutil.which(n, path=PATH) for n in PROGRAMS[package])]
    for package in absent:
        print(f"MISSING {package}: install it (Debian: apt-get install {package}), or run ./bin/test --fast")
    return absent


def linters() -> dict[str, list[str]]:
    """Their names and commands."""
    folders = [name for name in ("surveyor", "tests", "bin", "benchmarks", "wsgi.py") if (ROOT / name).exists()]
    return {
        "ruff": [PYTHON, "-m", "ruff", "check", "--quiet", *folders],
        "mypy": [PYTHON, "-m", "mypy", "--no-error-summary", "surveyor"],
    }


def passes(name: str, command: list[str]) -> bool:
    """Run one linter; its words are shown when it has something to say."""
    started = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    print(f"{name}: {'good' if done.returncode == 0 else 'NOT GOOD'} ({time.monotonic() - started:.1f} s)", flush=True)
    if done.returncode:
        print(done.stdout + done.stderr, flush=True)
    return done.returncode == 0


def audited() -> bool:
    """Whether no locked library is known to be vulnerable; where nobody can be asked, that is said and no more."""
    command = [PYTHON, str(ROOT / "bin" / "_supply.py"), "audit"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    print(f"audit: {done.stdout.strip() or done.stderr.strip()[-500:]}", flush=True)
    return done.returncode in (0, 3)  # 3: not all could be asked


def tests(rest: list[str], *, fast: bool) -> tuple[dict[str, int], int]:
    """Run pytest on every core but no more than four; its words are shown as they come. Counts, and its status."""
    workers = str(min(max(os.cpu_count() or 1, 2), 4))
    command = [PYTHON, "-m", "pytest", "-q", "-rfEs", "-n", workers, "--dist", "worksteal", "--durations=25"]
    if fast:
        command += ["-m", "not browser and not faults and not postgres and not slow", "--hypothesis-profile=fast"]
    elif not rest:
        command += ["--cov", "--cov-report="]
    # A developer's own settings must not reach the tests; TEST_DATABASE_URL and TEST_REDIS_URL may.
    # Nor may one that keeps no bytecode: every worker, and every process that the tests start, would compile it all.
    theirs = ("SURVEYOR_", "SENDGRID_", "PYTHONDONTWRITEBYTECODE")
    ours = {name: value for name, value in os.environ.items() if not name.startswith(theirs)}
    run = subprocess.Popen(
        [*command, *rest],
        cwd=ROOT,
        env={**ours, "PATH": PATH},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    last = ""
    assert run.stdout is not None
    for line in run.stdout:
        print(line, end="", flush=True)
        last = line if re.search(r"\d+ (passed|failed|error|skipped)", line) else last
    status = run.wait()
    found = re.findall(r"(\d+) (passed|failed|errors?|skipped)", last)
    return {word.removesuffix("s") if word == "errors" else word: int(number) for number, word in found}, status


def covered() -> bool:
    """Whether at least 95 % of the branches of core and of flows are taken, said per part."""
    with ThreadPoolExecutor() as pool:
        return all(list(pool.map(part_covered, ("core", "flows"))))


def part_covered(part: str) -> bool:
    """Whether enough branches of a part are taken; those that are not are named when they are too many."""
    command = [PYTHON, "-m", "coverage", "json", "--quiet", f"--include=surveyor/{part}/*", "-o", "-"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    measured = done.returncode == 0
    good, lines = judged(done.stdout) if measured else (False, [f"no measure {done.stderr.strip()}".strip()])
    print(f"coverage of {part}: {lines[0]}", *lines[1:], sep="\n", flush=True)
    return good


def judged(report: str) -> tuple[bool, list[str]]:
    """Whether what `coverage json` says is enough; a figure, then the branches left out when it is not.

    Branches alone: statements are many and easily run, so that both together stay high while what a user does at the
    edge is never asked.
    """
    said = json.loads(report)
    taken, of = said["totals"]["covered_branches"], said["totals"]["num_branches"]
    good = of > 0 and taken >= LEAST * of
    lines = [f"{taken} of {of} branches, {100 * taken / max(of, 1):.1f} %"]
    for name, one in sorted(said["files"].items()):
        if one["missing_branches"] and not good:
            left = (f"{here}->{there}" for here, there in one["missing_branches"])
            lines.append(f"  {name}: {', '.join(left)}")
    return good, lines


if __name__ == "__main__":
    sys.exit(main())
