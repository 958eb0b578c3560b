"""Clients that send a byte now and then, and bodies too large to be read: the others do not wait for them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.servers import free_port, listens, wait_for

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.faults
SLOW = 50
HEAD = "POST /api/v1/orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"


@pytest.fixture
def port(sqlite_url: str, tmp_path: Path) -> Iterator[int]:
    """The port of `surveyor web`: one process."""
    found = free_port()
    ours = {"SURVEYOR_HOME": str(tmp_path), "SURVEYOR_DATABASE_URL": sqlite_url}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SURVEYOR_")}
    command = [sys.executable, "-m", "surveyor", "web", "--port", str(found)]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env={**kept, **ours}, stdout=log, stderr=log)
    wait_for(lambda: listens(found), seconds=60, what="surveyor web")
    yield found
    process.terminate()
    process.wait(20)


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def test_fifty_slow_clients_hold_nobody_up(port: int) -> None:
    with ExitStack() as stack:
        slow = [stack.enter_context(connected(port)) for _ in range(SLOW)]
        for one in slow:
            one.sendall(HEAD.format(1000).encode())
        for _ in range(3):
            for one in slow:
                one.sendall(b" ")
            for path in ("/healthz", "/sign-in"):
                with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
                    assert answer.status == 200
            time.sleep(0.3)
        for one in slow:
            one.setblocking(False)
            with pytest.raises(BlockingIOError):
                one.recv(1)  # still waited for, and nothing of it was answered


def test_a_body_too_large_is_refused_before_it_is_read(port: int) -> None:
    with connected(port) as client:
        client.sendall(HEAD.format(100 * 1024 * 1024).encode() + b" " * 1000)
        assert client.recv(100).startswith(b"HTTP/1.1 413 ")
