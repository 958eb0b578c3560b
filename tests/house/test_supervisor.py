"""The supervisor: what dies comes back, what is stopped stops in order, nothing outlives it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from surveyor.supervisor import hold, listen
from surveyor.supervisor.lock import TakenError
from surveyor.supervisor.serve import PortTakenError
from tests.servers import free_port, listens, wait_for

ROOT = Path(__file__).resolve().parents[2]

FAMILY = """
import os, signal, sys, time
from pathlib import Path
from surveyor.supervisor import Child, Supervisor

folder = Path(sys.argv[1])

def live(name, ignore=False):
    def run():
        asked = []
        signal.signal(signal.SIGTERM, lambda *_: asked.append(1))
        with (folder / "pids").open("a") as file:
            file.write(f"{name} {os.getpid()}\\n")
        while not asked or ignore:
            time.sleep(0.02)
        with (folder / "stopped").open("a") as file:
            file.write(f"{name}\\n")
    return run

def fall():
    sys.exit(3)

kinds = {
    "good": [Child("web", live("web"), 5), Child("worker", live("worker"), 5)],
    "deaf": [Child("web", live("web", ignore=True), 0.5), Child("worker", live("worker"), 5)],
    "falling": [Child("web", live("web"), 5), Child("worker", fall, 5)],
}
sys.exit(Supervisor(kinds[sys.argv[2]]).run())
"""

SERVER = """
import sys, time
from surveyor.settings import Settings
from surveyor.supervisor import Child, Supervisor, listen, serve

sock = listen("127.0.0.1", int(sys.argv[1]))

def app(environ, start_response):
    if environ["QUERY_STRING"]:
        print("under way", file=sys.stderr, flush=True)
        time.sleep(float(environ["QUERY_STRING"]))
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [repr(sorted(k for k in environ if k.startswith("HTTP_X_"))).encode()]

settings = Settings.read({"SURVEYOR_TRUSTED_PROXIES": sys.argv[2]})
sys.exit(Supervisor([Child(f"web {n}", lambda: serve(app, sock, settings), 8) for n in range(2)]).run())
"""


def start(script: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", script, *arguments], cwd=ROOT, stderr=subprocess.PIPE)


def pids(folder: Path, count: int) -> dict[str, int]:
    path = folder / "pids"
    wait_for(lambda: path.exists() and len(path.read_text().splitlines()) >= count, seconds=60, what="the children")
    return {line.split()[0]: int(line.split()[1]) for line in path.read_text().splitlines()}


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_stop_signal_stops_web_first_then_the_worker(tmp_path: Path) -> None:
    with start(FAMILY, str(tmp_path), "good") as family:
        family_pids = pids(tmp_path, 2)
        family.send_signal(signal.SIGINT)
        assert family.wait(60) == 0
    assert (tmp_path / "stopped").read_text().split() == ["web", "worker"]
    assert not any(alive(pid) for pid in family_pids.values())


def test_each_child_is_in_a_session_of_its_own_so_that_ctrl_c_reaches_the_supervisor_alone(tmp_path: Path) -> None:
    with start(FAMILY, str(tmp_path), "good") as family:
        for pid in pids(tmp_path, 2).values():
            assert os.getsid(pid) == pid
        family.terminate()


def test_a_killed_child_comes_back(tmp_path: Path) -> None:
    with start(FAMILY, str(tmp_path), "good") as family:
        before = pids(tmp_path, 2)
        os.kill(before["worker"], signal.SIGKILL)
        after = pids(tmp_path, 3)
        assert after["worker"] != before["worker"]
        assert after["web"] == before["web"]
        family.terminate()
        assert family.wait(60) == 0


def test_children_die_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    with start(FAMILY, str(tmp_path), "good") as family:
        family_pids = pids(tmp_path, 2)
        family.kill()
    wait_for(lambda: not any(alive(pid) for pid in family_pids.values()), seconds=60, what="the children's end")


def test_a_child_that_does_not_stop_is_killed_and_the_next_still_stops(tmp_path: Path) -> None:
    with start(FAMILY, str(tmp_path), "deaf") as family:
        pids(tmp_path, 2)
        family.terminate()
        assert family.wait(60) == 0
    assert (tmp_path / "stopped").read_text().split() == ["worker"]


@pytest.mark.slow
def test_a_child_that_keeps_falling_stops_everything_with_status_1(tmp_path: Path) -> None:
    with start(FAMILY, str(tmp_path), "falling") as family:
        assert family.wait(40) == 1
    assert (tmp_path / "stopped").read_text().split() == ["web"]


def get(port: int, query: str = "") -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", f"/?{query}", headers={"X-Forwarded-For": "203.0.113.9"})
    return connection


@pytest.mark.parametrize(("proxies", "believed"), [("0", False), ("1", True)])
def test_forwarded_headers_reach_the_application_only_when_a_proxy_was_declared(proxies: str, believed: bool) -> None:
    port = free_port()
    with start(SERVER, str(port), proxies) as server:
        wait_for(lambda: listens(port), seconds=60, what="the web processes")
        connection = get(port)
        answer = connection.getresponse()
        assert (b"HTTP_X_FORWARDED_FOR" in answer.read()) is believed
        assert answer.getheader("Server") is None
        connection.close()
        server.terminate()
        assert server.wait(60) == 0


def test_s16_a_request_that_no_page_ever_sees_is_refused_like_any_other() -> None:
    """Too large, of no length that is one, or no HTTP at all: a problem document, with the headers of every answer."""
    port = free_port()
    asked = (
        (b"POST /s/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000000\r\n\r\n", 413, "body_too_large"),
        (b"POST /s/x HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400, "bad_request"),
        (b"\x16\x03\x01 nonsense\r\n\r\n", 400, "bad_request"),
    )
    with start(SERVER, str(port), "0") as server:
        wait_for(lambda: listens(port), seconds=60, what="the web processes")
        for sent, status, code in asked:
            with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
                connection.sendall(sent)
                answer = http.client.HTTPResponse(connection)
                answer.begin()
                told = json.loads(answer.read())
            assert (answer.status, told["status"], told["code"]) == (status, status, code)
            assert answer.getheader("Content-Type") == "application/problem+json"
            assert answer.getheader("X-Content-Type-Options") == "nosniff"
            assert answer.getheader("Server") is None
        server.terminate()
        assert server.wait(60) == 0


def test_a_request_under_way_is_answered_before_the_server_stops() -> None:
    port = free_port()
    with start(SERVER, str(port), "0") as server:
        wait_for(lambda: listens(port), seconds=60, what="the web processes")
        slow = get(port, "1.5")
        assert server.stderr
        assert any(b"under way" in line for line in server.stderr)
        server.terminate()
        assert slow.getresponse().status == 200
        slow.close()
        assert server.wait(60) == 0


def test_a_second_start_on_the_same_folder_is_refused_with_the_holder(tmp_path: Path) -> None:
    with hold(tmp_path), pytest.raises(TakenError, match=str(os.getpid())), hold(tmp_path, patience=0.2):
        raise AssertionError("both hold the folder")
    with hold(tmp_path, patience=0.2):
        assert (tmp_path / ".lock").stat().st_mode & 0o777 == 0o600


def test_a_taken_port_is_named_with_what_to_do() -> None:
    port = free_port()
    first = listen("127.0.0.1", port)
    with pytest.raises(PortTakenError, match=f"127.0.0.1:{port}.*--port"):
        listen("127.0.0.1", port)
    first.close()


@pytest.mark.parametrize(
    ("base", "host", "refused"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1", False),
        ("http://127.0.0.1:8000", "::1", False),
        ("http://127.0.0.1:8000", "localhost", False),
        ("http://127.0.0.1:8000", "0.0.0.0", True),
        ("http://avis.example.fr", "::", True),
        ("http://192.0.2.7:8000", "192.0.2.7", True),
        ("https://avis.example.fr", "0.0.0.0", False),
    ],
)
def test_s6_plain_http_is_answered_on_this_machine_alone(base: str, host: str, refused: bool) -> None:
    from surveyor.errors import SettingsError
    from surveyor.settings import Settings
    from surveyor.supervisor.serve import refuse_plain_http

    settings = Settings.read({"SURVEYOR_BASE_URL": base})
    if not refused:
        refuse_plain_http(settings, host)
        return
    with pytest.raises(SettingsError, match="SURVEYOR_BASE_URL: expected https://HOST"):
        refuse_plain_http(settings, host)


def test_each_process_of_a_kind_has_a_number_of_its_own_and_the_same_after_a_restart(tmp_path: Path) -> None:
    from surveyor.supervisor.lock import slot

    with slot(tmp_path / "consumers", "stream") as first, slot(tmp_path / "consumers", "stream") as second:
        assert (first, second) == ("1", "2")
        with slot(tmp_path / "consumers", "kafka") as other:
            assert other == "1"
    with slot(tmp_path / "consumers", "stream") as again:
        assert again == "1"
    (tmp_path / "file").write_text("")
    with slot(tmp_path / "file", "stream") as anywhere:
        assert anywhere == f"p{os.getpid()}"
