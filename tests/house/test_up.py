"""`surveyor up` as a person lives it: an address, a way in, Ctrl-C, and the same again."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers import free_port

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def running(home: Path, port: int, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`surveyor up`, and what it printed before it was ready."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SURVEYOR_")}
    command = [sys.executable, "-m", "surveyor", "up", "--port", str(port), *options]
    environ = {**clean, "SURVEYOR_HOME": str(home), "LANG": "C"}
    with (home.parent / "stderr").open("ab") as errors:
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=errors, text=True)
    assert process.stdout is not None
    said = ""
    while "Ctrl-C" not in said:
        line = process.stdout.readline()
        assert line, (home.parent / "stderr").read_text()
        said += line
    try:
        yield process, said
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(20)
        process.stdout.close()


def get(port: int, path: str, **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def test_up_prints_an_address_and_a_way_in_and_stops_at_ctrl_c(tmp_path: Path) -> None:
    home, port = tmp_path / "home", free_port()
    with running(home, port, "--empty") as (process, said):
        assert f"surveyor is at http://127.0.0.1:{port}\n" in said
        link = re.search(rf"http://127\.0\.0\.1:{port}(/sign-in/link/\S+)", said)
        assert link is not None
        assert get(port, "/healthz").status == 200
        assert get(port, link[1]).status in (200, 303)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    assert (home / "surveyor.db").stat().st_mode & 0o077 == 0


@pytest.mark.slow
def test_the_next_start_finds_everything_and_nobody_shares_the_folder(tmp_path: Path) -> None:
    home, port = tmp_path / "home", free_port()
    with running(home, port, "--empty") as (process, _):
        process.terminate()
        assert process.wait(30) == 0
    with running(home, port, "--empty"):
        assert get(port, "/sign-in").status == 200
        clean = {**os.environ, "SURVEYOR_HOME": str(home)}
        second = [sys.executable, "-m", "surveyor", "up", "--empty", "--port", str(free_port())]
        done = subprocess.run(second, cwd=ROOT, env=clean, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "is in use by process" in done.stderr


def test_a_taken_port_is_said_before_anything_else(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        clean = {**os.environ, "SURVEYOR_HOME": str(tmp_path / "home")}
        command = [sys.executable, "-m", "surveyor", "up", "--empty", "--port", str(taken.getsockname()[1])]
        done = subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "choose another with --port" in done.stderr
