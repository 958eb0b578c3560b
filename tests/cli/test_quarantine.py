"""`surveyor quarantine` and `consume` by command: what a person at the host sees and does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest
import redis

from tests.cli.conftest import Terminal
from tests.ingest.test_payload import BASE

GOOD = {**BASE, "ordered_at": "2026-10-30T10:00:00+01:00", "event_id": "q1", "order_id": "q1", "first_name": "Ana"}


def keep(terminal: Terminal, body: Any, name: str = "entry:1-0") -> str:
    """Quarantine a body in the terminal's home; its id."""
    from surveyor.cli.installation import installation, now
    from surveyor.flows.keep_unusable import keep_unusable

    with installation() as house:
        keep_unusable(house.sessions, source="tills", raw=json.dumps(body).encode(), why="bad", now=now(), name=name)
    return str(terminal.json("quarantine", "list")["events"][0]["id"])


def test_it_is_listed_shown_in_outline_and_replayed(terminal: Terminal) -> None:
    event = keep(terminal, GOOD)
    assert terminal.run("quarantine", "list") == 0
    assert "tills" in terminal.out
    assert terminal.run("quarantine", "show", event) == 0
    assert "event_id: q1" in terminal.out
    assert "Ana" not in terminal.out
    assert terminal.run("quarantine", "show", event, "--raw") == 0
    assert "Ana" in terminal.out
    assert terminal.json("quarantine", "replay", event)["events"][0]["outcome"] == "recorded"
    assert terminal.json("quarantine", "list")["total"] == 0
    assert terminal.run("quarantine", "show", event) == 1
    assert terminal.run("explain", "q1") in (0, 1)


def test_what_is_still_wrong_is_status_1_and_what_is_dropped_leaves(terminal: Terminal) -> None:
    event = keep(terminal, {**GOOD, "ordered_at": "hier"})
    told = terminal.json("quarantine", "replay", "--all", "--source", "tills", status=1)["events"]
    assert [(one["outcome"], "ordered_at" in one["why"]) for one in told] == [("failed", True)]
    assert terminal.json("quarantine", "replay", "--all", "--source", "other")["events"] == []
    assert terminal.run("quarantine", "drop", event) == 0
    assert terminal.json("quarantine", "list")["total"] == 0


@pytest.mark.parametrize("arguments", [("replay",), ("replay", "--all", "0" * 32), ("show", "nothing"), ("drop",)])
def test_a_call_that_makes_no_sense_is_status_2(terminal: Terminal, arguments: tuple[str, ...]) -> None:
    assert terminal.run("quarantine", *arguments) == 2


def test_there_must_be_something_to_consume(terminal: Terminal) -> None:
    assert terminal.run("consume") == 2
    assert "SURVEYOR_KAFKA_URL" in terminal.err


@pytest.mark.redis
def test_the_consumer_process_takes_a_stream_and_ends_when_told(terminal: Terminal, redis_url: str) -> None:
    client = redis.Redis.from_url(redis_url)
    client.xadd("surveyor:orders", {"data": json.dumps(GOOD)})
    client.xadd("surveyor:orders", {"foo": "bar"})
    assert terminal.json("quarantine", "list")["total"] == 0
    environment = {**os.environ, "SURVEYOR_REDIS_URL": redis_url}
    process = subprocess.Popen([sys.executable, "-m", "surveyor", "consume"], env=environment, stderr=subprocess.PIPE)
    try:
        end = time.monotonic() + 60
        while terminal.json("quarantine", "list")["total"] == 0:
            assert time.monotonic() < end
            assert process.poll() is None, process.stderr and process.stderr.read()
            time.sleep(0.2)
        while client.xpending("surveyor:orders", "surveyor")["pending"]:  # type: ignore[index]
            assert time.monotonic() < end
            time.sleep(0.1)
    finally:
        process.send_signal(signal.SIGTERM)
        status = process.wait(30)
        if process.stderr:
            process.stderr.close()
    assert status == 0
    names = [row["name"] for row in client.xinfo_consumers("surveyor:orders", "surveyor")]  # type: ignore[union-attr]
    assert len(names) == 1
    assert names[0].endswith(b"-1")  # the first place of this machine, the same after a restart
