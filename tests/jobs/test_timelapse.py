"""Months of orders lived in seconds send exactly what a replay of the same file says, and count the answers."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from surveyor.cli import main
from surveyor.db.engine import make_engine, make_sessions
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.responses import Response
from surveyor.testing.network import order_events, places, shoppers

UNTIL = datetime(2026, 9, 30, 21, tzinfo=UTC)
FIELDS = "event_id type order_id customer_id email store_id ordered_at fulfilled_at received_at segment".split()
RECURRING = """
[[rule]]
id = "often"
mode = "recurring"
min_orders = 2
window_months = 2
cooldown_months = 1
delay_days = 1
send_time = "18:30"
"""


SHIPPED = Path(__file__).resolve().parents[2] / "rules.toml"


def publish(rules: Path) -> None:
    assert main(["rules", "publish", str(rules), "-m", "test", "--accept-warnings"]) == 0


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    """Four months of forty-five shoppers with plain addresses: cancellations, orders sent twice, several on one day."""
    people = shoppers(places(per_region=1), count=45, start=day(2026, 6, 1), end=UNTIL.date())
    people = [one for one in people if "+" not in one.email and one.email]
    path = tmp_path / "orders.csv"
    with path.open("w", newline="") as out:
        writer = csv.DictWriter(out, FIELDS, extrasaction="ignore")
        writer.writeheader()
        for event in order_events(people, until=UNTIL):
            writer.writerow({**event, "fulfilled_at": event.get("fulfilled_at", "")})
    return path


def day(*numbers: int) -> date:
    return date(*numbers)


@pytest.fixture
def installed(engine_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An empty installation that may travel in time and sends to memory."""
    for name in [name for name in os.environ if name.startswith("SURVEYOR_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SURVEYOR_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SURVEYOR_DATABASE_URL", engine_url)
    monkeypatch.setenv("SURVEYOR_ALLOW_TIME_TRAVEL", "1")
    monkeypatch.setenv("SURVEYOR_MAIL_URL", "memory://")
    engine = make_engine(engine_url)
    yield make_sessions(engine)
    engine.dispose()


@pytest.fixture
def replayed(orders: Path, tmp_path: Path) -> Callable[[str], list[tuple[str, str]]]:
    """Who is asked on which day, as `surveyor replay` says for a text of rules."""

    def replay(text: str) -> list[tuple[str, str]]:
        rules, out = tmp_path / "rules.toml", tmp_path / "sends.csv"
        rules.write_text(text)
        stores = tmp_path / "stores.csv"
        stores.write_text("id,zone\n" + "".join(f"{one.id},Europe/Paris\n" for one in places()))
        asked = ["--orders", str(orders), "--rules", str(rules), "--stores", str(stores), "--sends", str(out)]
        assert main(["replay", *asked]) == 0
        with out.open() as lines:
            return sorted((row["customer_id"], row["send_date"]) for row in csv.DictReader(lines))

    return replay


def sends(sessions: Any) -> list[tuple[str, str]]:
    with sessions.begin() as session:
        query = select(Customer.external_id, Invitation.sent_day).join(Customer, Customer.id == Invitation.customer_id)
        rows = session.execute(query.where(Invitation.state == "sent"))
        return sorted((customer, day.isoformat()) for customer, day in rows)


def test_a_timelapse_sends_what_the_replay_of_the_same_file_says(
    orders: Path, installed: Any, replayed: Callable[[str], list[tuple[str, str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    expected = replayed(SHIPPED.read_text())
    publish(SHIPPED)
    capsys.readouterr()
    assert main(["timelapse", "--orders", str(orders), "--answers", "simulated", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert sends(installed) == expected
    assert report["emails"]["sent"] == len(expected) > 40
    assert report["reactions"]["answer"] == len(responses(installed)) > 3
    assert main(["check"]) == 0


def responses(sessions: Any) -> list[tuple[str, int | None]]:
    with sessions.begin() as session:
        rows = session.execute(
            select(Invitation.order_id, Response.score).join(Invitation, Invitation.id == Response.invitation_id)
        )
        return sorted((order, score) for order, score in rows)


def test_cycles_and_emails_of_the_evening_are_lived_at_their_instants(
    orders: Path, installed: Any, replayed: Callable[[str], list[tuple[str, str]]], tmp_path: Path
) -> None:
    expected = replayed(RECURRING)
    rules = tmp_path / "rules.toml"
    publish(rules)
    assert main(["timelapse", "--orders", str(orders), "--to", "2026-10-01"]) == 0
    assert [one for one in sends(installed) if one[1] <= "2026-09-30"] == [
        one for one in expected if one[1] <= "2026-09-30"
    ]


def test_answers_of_a_file_come_to_the_emails_of_their_orders(orders: Path, installed: Any, tmp_path: Path) -> None:
    with orders.open() as lines:
        every = sorted({row["order_id"] for row in csv.DictReader(lines)})
    publish(SHIPPED)
    answers = tmp_path / "answers.csv"
    answers.write_text(
        "order_id,score,comment\n" + "".join(f"{order},{n % 11},Bien\n" for n, order in enumerate(every))
    )
    assert main(["timelapse", "--orders", str(orders), "--answers", str(answers)]) == 0
    found = responses(installed)
    assert len(found) == len(sends(installed)) > 40
    assert all(score == every.index(order) % 11 for order, score in found)
    assert main(["check"]) == 0


def test_an_installation_that_may_not_travel_or_that_carries_emails_refuses(
    orders: Path, installed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SURVEYOR_MAIL_URL", "smtp://127.0.0.1:9")
    assert main(["timelapse", "--orders", str(orders)]) == 2
    monkeypatch.setenv("SURVEYOR_MAIL_URL", "memory://")
    monkeypatch.setenv("SURVEYOR_ALLOW_TIME_TRAVEL", "0")
    assert main(["timelapse", "--orders", str(orders)]) == 2
    assert sends(installed) == []
