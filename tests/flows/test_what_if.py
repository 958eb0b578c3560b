"""What a draft would have done: over days, over a file that is gone afterwards, for one customer, told as it goes."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from surveyor.core.replay import WHOLE, Period, replay
from surveyor.core.rules import check_rules
from surveyor.db import customers, rule_drafts
from surveyor.db.engine import make_engine, make_sessions
from surveyor.errors import NotFound, Refused
from surveyor.flows import edit_rules
from surveyor.flows.edit_rules.measure import Asked, in_parts, measured, year_before
from surveyor.flows.edit_rules.one_customer import compare_customer
from surveyor.flows.publish_rules import publish_first
from surveyor.flows.replay_orders import Asked as AskedOfFile
from surveyor.flows.replay_orders import replay_files
from surveyor.flows.replay_stored import gather_stored
from surveyor.web.rules import sent_file
from tests.databases import ON_SQLITE
from tests.flows.orders import PARIS, at, event, record

NOW = at("2026-03-20T12:00")
ANA = "ana"
TWO = '[[rule]]\nid = "std"\n'
THREE = '[[rule]]\nid = "std"\nmin_orders = 3\nwindow_months = 3\ncooldown_months = 3\nidle_months = 3\n'
RETAIL = Path(__file__).parents[3] / "shared" / "data" / "onlineretail"


@pytest.fixture
def shop(sessions: Any) -> Any:
    """c1 is asked by two orders in two months, c2 by three, c3 by none; a draft that wants three."""
    publish_first(sessions, TWO, now=at("2026-01-01T00:00"))
    days = {"c1": ("01-05", "01-19"), "c2": ("01-05", "01-12", "02-25"), "c3": ("01-05",)}
    for name, dates in days.items():
        for day in dates:
            when = at(f"2026-{day}T17:00")
            record(sessions, event(f"{name}-{day}", name, when), now=when)
    edit_rules.open_draft(sessions, ANA, now=NOW)
    edit_rules.save_text(sessions, ANA, THREE, now=NOW)
    return sessions


def draft(sessions: Any) -> rule_drafts.Draft:
    with sessions() as session:
        found = rule_drafts.find(session, ANA)
    assert found is not None
    return found


def test_the_figures_have_their_days_ranks_and_examples(shop: Any) -> None:
    assert edit_rules.measure_draft(shop, ANA, now=NOW, defaults=PARIS)
    said = draft(shop).measured
    assert said["by_day"] == {"2026-02-27": 1}
    assert said["against"]["by_day"] == {"2026-01-14": 1, "2026-01-21": 1}
    assert said["against"]["by_rank"] == {"1": 2, "2": 0, "3": 0, "4": 0}
    assert said["examples"] == {"gained": [], "lost": ["c1"], "both": ["c2"]}
    assert (said["expected"], said["stores_with_enough"]) == (None, None), "nothing was ever sent: nothing is foretold"


def test_the_what_if_proves_itself_first_and_says_when_it_cannot(shop: Any) -> None:
    assert edit_rules.measure_draft(shop, ANA, now=NOW, defaults=PARIS)
    proof = draft(shop).measured["proof"]
    assert (proof["found"], proof["compared"], proof["differ"]) == (6, 6, 0)
    with shop.begin() as session:
        session.execute(text("UPDATE decisions SET planned_at = decided_at WHERE order_id = 'c1-01-19'"))
    record(shop, event("new", "c9", NOW), now=NOW)
    assert edit_rules.measure_draft(shop, ANA, now=NOW, defaults=PARIS)
    assert draft(shop).measured["proof"]["differ"] == 1


def test_other_days_are_replayed_when_they_are_asked_for(shop: Any) -> None:
    days = [at(f"2026-{one}T00:00").toordinal() for one in ("02-01", "03-01")]
    assert edit_rules.measure_draft(
        shop, ANA, now=NOW, defaults=PARIS, over=edit_rules.Over(Period(days[0], days[1], days[1]))
    )
    said = draft(shop).measured
    assert (said["from"], said["to"], said["emails"], said["against"]["emails"]) == ("2026-02-01", "2026-03-01", 1, 0)


def test_customers_taken_in_parts_give_the_same_replay_and_say_how_far_it_is(shop: Any) -> None:
    two, three = (check_rules(said.encode())[0] for said in (TWO, THREE))
    assert two is not None
    assert three is not None
    gathered = gather_stored(shop, three, two, period=WHOLE, defaults=PARIS)

    told: list[int] = []
    parts = replay(gathered, three, against=two, live=in_parts(told.append, True))
    assert (
        parts.figures
        == replay(gather_stored(shop, three, two, period=WHOLE, defaults=PARIS), three, against=two).figures
    )
    assert told == sorted(told)
    assert told[-1] == 100


def test_a_replay_by_columns_says_how_far_it_is_in_parts_of_what_is_done(shop: Any) -> None:
    """Read on sessions of their own: on SQLite nothing can be written while a transaction that may write is open."""
    engine = make_engine(shop.kw["bind"].url.render_as_string(hide_password=False), read_only=True)
    told: list[int] = []
    asked = Asked(year_before(NOW, "Europe/Paris"), NOW, PARIS, make_sessions(engine))
    draft_rules = check_rules(THREE.encode())[0]
    assert draft_rules is not None
    said = measured(shop, draft_rules, TWO, asked=asked, told=told.append)
    engine.dispose()
    assert said["engine"] == "columns"
    assert told == sorted(set(told))
    assert len(told) >= 3
    assert 0 < told[0] < told[-1] <= 96


def rows(path: Path) -> Path:
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["event_id", "type", "order_id", "customer_id", "email", "ordered_at"])
        for n, day in enumerate(("2025-05-01", "2025-05-20", "2025-06-10")):
            writer.writerow([f"e{n}", "order.completed", f"x{n}", "out", "out@example.org", f"{day}T10:00:00+02:00"])
        writer.writerow(["e9", "order.completed", "x9", "out", "", "not a date"])
    return path


def test_a_file_is_replayed_and_gone_and_says_nothing_of_publishing(shop: Any, tmp_path: Path) -> None:
    file = rows(tmp_path / "orders.csv")
    assert edit_rules.try_on_file(shop, ANA, file, now=NOW, defaults=PARIS)
    assert not file.exists()
    found = draft(shop)
    said = found.trial
    assert (said["emails"], said["against"]["emails"], said["orders"], said["rows_refused"]) == (1, 1, 3, 1)
    assert (said["from"], said["to"]) == ("2025-05-22", "2025-06-12")
    assert found.measured is None
    assert (found.measuring_since, found.progress) == (None, None)
    with pytest.raises(Refused) as refused:
        edit_rules.publish_draft(shop, edit_rules.Confirmed(ANA, "Ana", "why"), now=NOW, defaults=PARIS)
    assert refused.value.complaints[0].code == "rules_not_measured"
    edit_rules.forget_trial(shop, ANA)
    assert draft(shop).trial is None


def test_a_file_of_no_use_is_said_to_be_and_gone_too(shop: Any, tmp_path: Path) -> None:
    file = tmp_path / "orders"
    file.write_bytes(b"%PDF-1.7 nothing of ours")
    assert edit_rules.try_on_file(shop, ANA, file, now=NOW, defaults=PARIS)
    assert not file.exists()
    assert draft(shop).trial["refused"][0]["fr"]
    edit_rules.save_text(shop, ANA, "not toml [", now=NOW)
    other = rows(tmp_path / "again.csv")
    assert not edit_rules.try_on_file(shop, ANA, other, now=NOW, defaults=PARIS)
    assert not other.exists(), "a file that was not even looked at does not stay either"


def test_s35_a_file_that_is_sent_has_a_name_of_ours_outside_what_is_served(tmp_path: Path) -> None:
    kept = sent_file.keep(b"event_id,type,ordered_at\n", tmp_path)
    assert kept.parent == tmp_path / "sent"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.parent.stat().st_mode & 0o777 == 0o700
    assert sent_file.keep(gzip.compress(b"event_id\n"), tmp_path).read_bytes() == b"event_id\n"


#: Made when a test asks: every process that collects the tests would make them.
BOMBS: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b" \n", "file_missing"),
    "too large": (lambda: b"x" * (sent_file.MOST_SENT + 1), "too_big"),
    "a bomb": (lambda: gzip.compress(bytes(sent_file.MOST_UNPACKED + 1)), "too_big"),
    "damaged": (lambda: b"\x1f\x8b" + bytes(40), "file_unreadable"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_s35_a_file_that_may_not_be_kept_leaves_nothing(name: str, tmp_path: Path) -> None:
    raw, code = BOMBS[name]
    with pytest.raises(Refused) as refused:
        sent_file.keep(raw(), tmp_path)
    assert refused.value.complaints[0].code == code
    assert not list(tmp_path.rglob("*.orders"))


def test_one_customer_is_told_under_both_texts(shop: Any) -> None:
    with shop.begin() as session:
        ids = {name: row.id for name, row in customers.by_external_id(session, {"c1", "c2"}).items()}
    lost = compare_customer(shop, ANA, ids["c1"], language="fr", defaults=PARIS)
    assert lost is not None
    assert [day.isoformat() for day in lost.active_sends] == ["2026-01-21"]
    assert lost.draft_sends == ()
    last = lost.lines[0]
    assert last.order_id == "c1-01-19"
    assert last.active is not None
    assert last.draft is not None
    assert (last.active[0].verdict, last.draft[0].reason) == ("SCHEDULED", "BELOW_MIN_ORDERS")
    assert "il en faut 3" in last.draft[1].sentence
    both = compare_customer(shop, ANA, ids["c2"], language="en", defaults=PARIS)
    assert both is not None
    assert [day.isoformat() for day in both.draft_sends] == ["2026-02-27"]
    with pytest.raises(NotFound):
        compare_customer(shop, "nobody", ids["c1"], language="fr", defaults=PARIS)


@pytest.mark.skipif(not RETAIL.is_dir(), reason="../shared/data/onlineretail is not here")
def test_a_real_shop_gives_the_figures_of_the_command(shop: Any, tmp_path: Path) -> None:
    orders = RETAIL / "order_events.csv.gz"
    file = sent_file.keep(orders.read_bytes(), tmp_path)
    edit_rules.save_text(shop, ANA, THREE.replace("id =", 'basis = "ordered_at"\nid ='), now=NOW)
    assert edit_rules.try_on_file(shop, ANA, file, now=NOW, defaults=PARIS)
    rules = tmp_path / "three.toml"
    rules.write_text(draft(shop).text)
    command = replay_files(AskedOfFile(orders, rules))
    said = draft(shop).trial
    assert said["emails"] == command["emails"] == 2271
    assert json.loads(json.dumps({key: command[key] for key in ("customers_reached", "by_month", "decisions")})) == {
        key: said[key] for key in ("customers_reached", "by_month", "decisions")
    }


@ON_SQLITE
def test_a_customer_of_whom_nothing_can_be_replayed_is_said_to_have_no_line(shop: Any) -> None:
    record(shop, event("x1", "c9", at("2026-01-05T17:00")), now=at("2026-01-05T17:00"))
    with shop.begin() as session:
        ids = {name: row.id for name, row in customers.by_external_id(session, {"c1", "c9"}).items()}
        session.execute(text("DELETE FROM decisions WHERE order_id = 'x1'"))
        session.execute(text("DELETE FROM orders WHERE order_id = 'x1'"))
    nothing = compare_customer(shop, ANA, ids["c9"], language="fr", defaults=PARIS)
    assert nothing is not None
    assert (nothing.customer, nothing.lines, nothing.active_sends) == ("c9", (), ())
    assert compare_customer(shop, ANA, UUID(int=7), language="fr", defaults=PARIS) is None
    edit_rules.save_text(shop, ANA, "x =", now=NOW)
    assert compare_customer(shop, ANA, ids["c1"], language="fr", defaults=PARIS) is None


@ON_SQLITE
def test_one_line_of_a_person_says_what_the_rule_that_asks_says_of_their_own_orders(shop: Any) -> None:
    """Two rules decide upon each order, and somebody else of the household orders too."""
    both = TWO + '[[rule]]\nid = "other"\nmin_orders = 9\npriority = 1\n'
    edit_rules.save_text(shop, ANA, both, now=NOW)
    record(shop, event("y1", "c8", at("2026-01-06T17:00"), email="c1@example.org"), now=at("2026-01-06T17:00"))
    with shop.begin() as session:
        ids = {name: row.id for name, row in customers.by_external_id(session, {"c1"}).items()}
    found = compare_customer(shop, ANA, ids["c1"], language="fr", defaults=PARIS)
    assert found is not None
    assert {line.order_id for line in found.lines} == {"c1-01-05", "c1-01-19"}
    last = next(line for line in found.lines if line.order_id == "c1-01-19")
    assert last.draft is not None
    assert (last.draft[0].rule_id, last.draft[0].verdict) == ("std", "SCHEDULED")


def test_without_a_version_in_force_the_figures_stand_against_nothing(sqlite_sessions: Any) -> None:
    record(sqlite_sessions, event("o1", "c1", at("2026-03-05T17:00")), now=at("2026-03-05T17:00"))
    edit_rules.open_draft(sqlite_sessions, ANA, now=NOW)
    edit_rules.save_text(sqlite_sessions, ANA, TWO.replace("std", "one") + "min_orders = 1\n", now=NOW)
    assert edit_rules.measure_draft(sqlite_sessions, ANA, now=NOW, defaults=PARIS)
    said = draft(sqlite_sessions).measured
    assert (said["emails"], said.get("against")) == (1, None)
