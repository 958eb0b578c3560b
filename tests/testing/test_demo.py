"""The demonstration: made once, whole or not at all, and every number of it adds up."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from surveyor.core.experiments import Stage
from surveyor.db import health, quarantine
from surveyor.db.engine import make_engine, make_sessions
from surveyor.db.tables.emails import Email
from surveyor.db.tables.imported import ImportedResponse
from surveyor.db.tables.network import Store
from surveyor.db.tables.orders import Order
from surveyor.db.tables.responses import Response
from surveyor.db.tables.users import User
from surveyor.flows.check_invariants import check_invariants
from surveyor.flows.find_experiments import find_experiment
from surveyor.settings import Settings, with_keys
from surveyor.testing.demo import BUILDING, Plan, load_demo
from surveyor.testing.demo.office import PAST, SHOP, UNUSABLE
from surveyor.testing.demo.trial import NAME, RULE

pytestmark = pytest.mark.slow

PLAN = Plan(datetime(2026, 11, 2, 12, tzinfo=UTC), customers=60, days=190, written=10)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("SURVEYOR_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SURVEYOR_HOME", str(tmp_path))
    return tmp_path


def settings() -> Settings:
    return with_keys(Settings.read(os.environ))


def counted(home: Path) -> dict[str, int]:
    engine = make_engine(f"sqlite:///{home / 'surveyor.db'}")
    with make_sessions(engine).begin() as session:
        sent: dict[str, Any] = {"sent": select(func.count()).where(Email.state == "sent")}
        tables = {"stores": Store, "orders": Order, "responses": Response, "users": User}
        queries = sent | {name: select(func.count()).select_from(table) for name, table in tables.items()}
        found = {name: int(session.scalar(query) or 0) for name, query in queries.items()}
    engine.dispose()
    return found


def sending(home: Path) -> str:
    engine = make_engine(f"sqlite:///{home / 'surveyor.db'}")
    with make_sessions(engine)() as session:
        found = health.sending(session)
    engine.dispose()
    return str(found)


def findings(home: Path) -> tuple[Any, ...]:
    """What the checker says at the instant that the demonstration was lived until."""
    engine = make_engine(f"sqlite:///{home / 'surveyor.db'}", read_only=True)
    report = check_invariants(make_sessions(engine), now=PLAN.now)
    engine.dispose()
    return report.findings


def test_it_is_made_on_the_first_start_alone_whole_and_every_invariant_holds(home: Path) -> None:
    done: list[int] = []
    left = home / BUILDING
    left.mkdir()
    (left / "0.db").write_text("left by a start that was killed")
    assert load_demo(settings(), PLAN, on_progress=done.append, processes=2) is True
    found = counted(home)
    assert found["stores"] == 40
    assert found["orders"] > 100
    assert found["sent"] > 30
    assert found["responses"] > 3
    assert sending(home) == "released", "a demonstration that holds its emails sends nothing"
    assert found["users"] == 6 + 27, "somebody of every role, and two stores of three"
    assert sum(done) >= found["orders"]
    assert not left.exists()
    assert 0 < len(list((home / "outbox" / "new").glob("*.eml"))) < found["sent"]
    assert findings(home) == ()
    every_screen_has_something(home)
    assert load_demo(settings(), replace(PLAN, customers=10)) is False
    assert counted(home) == found


def every_screen_has_something(home: Path) -> None:
    """An experiment that was lived and is over, deliveries that could not be used, the last reports."""
    engine = make_engine(f"sqlite:///{home / 'surveyor.db'}")
    sessions = make_sessions(engine)
    found = find_experiment(sessions, RULE, NAME, today=PLAN.now.date())
    assert found is not None
    assert (found.stage, found.plan is not None) == (Stage.OVER, True)
    assert {one.name for one in found.arms} == {"habituel", "court"}
    assert min(one.delivered for one in found.arms) > 0
    with sessions() as session:
        assert len(quarantine.kept(session, source=SHOP.name)) == len(UNUSABLE)
        assert session.scalar(select(func.count()).select_from(ImportedResponse)) == PAST
    engine.dispose()
    written = "".join(file.read_text(encoding="utf-8") for file in (home / "outbox" / "new").glob("*.eml"))
    assert [written.count(f"Feedback-ID: none:none:{kind}:") for kind in ("express", "voice")] == [3, 5]


def test_the_same_seed_and_day_make_the_same_network_whatever_the_processes(home: Path, tmp_path: Path) -> None:
    small = replace(PLAN, customers=40, days=60)
    found = []
    for processes in (1, 2):
        place = tmp_path / str(processes)
        place.mkdir()
        url = f"sqlite:///{place / 'surveyor.db'}"
        apart = replace(settings(), home=place, database_url=url, mail_url=f"outbox://{place / 'outbox'}")
        load_demo(apart, small, processes=processes)
        found.append(counted(place))
    assert found[0] == found[1]
