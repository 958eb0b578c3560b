"""Replays give the exact emails and figures of the golden examples, over real orders when they are there."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from surveyor.core.draws import draw
from surveyor.core.replay import OrderRow, Period, StoreFacts, bases_of, columns, gather, replay, warm_up_days
from surveyor.core.replay.bootstrap import intervals
from surveyor.core.rules import GlobalRules, Rule, RuleSet
from surveyor.flows.replay_orders import Asked, replay_files

EXAMPLES = json.loads((Path(__file__).parents[1] / "golden" / "replay_examples.json").read_text(encoding="utf-8"))
RETAIL = Path(__file__).parents[3] / "shared" / "data" / "onlineretail"
real_orders = pytest.mark.skipif(
    not RETAIL.is_dir(), reason="the real orders of shared/data/onlineretail are not on this machine"
)

TEXTS = {
    "old": "min_orders = 3\nwindow_months = 3\ncooldown_months = 3\nidle_months = 3\n",
    "new": "",
    "recurring": 'mode = "recurring"\n',
}
FILES = {"old": "old_3_3_3", "new": "new_2_2_2", "recurring": "recurring_2_2_2"}


def rules(name: str) -> RuleSet:
    three = {"min_orders": 3, "window_months": 3, "cooldown_months": 3, "idle_months": 3}
    keys: dict[str, Any] = {"old": three, "new": {}, "recurring": {"mode": "recurring"}}[name]
    return RuleSet((Rule(name, **keys),))


def row(n: int, at: datetime, **others: Any) -> OrderRow:
    facts: dict[str, Any] = {
        "event_id": f"e{n:03}",
        "type": "order.completed",
        "order_id": f"o{n:03}",
        "customer_id": "c1",
        "address": "",
        "store_id": "S1",
        "segment": "",
        "region": "",
        "zone": "+01:00",
        "ordered_at": at,
        "fulfilled_at": at,
        "received_at": None,
    }
    return OrderRow(**{**facts, **others})


def replayed(rows: list[OrderRow], version: RuleSet, **kwargs: Any) -> Any:
    return replay(gather(rows, bases=bases_of(version), stores={}), version, **kwargs)


def test_draws_are_the_written_ones() -> None:
    for parts, value in EXAMPLES["draws"]:
        assert round(draw(*parts), 12) == value


@pytest.mark.parametrize("counts", EXAMPLES["every_g_days"]["rows"], ids=lambda counts: f"every {counts[0]} days")
def test_a_customer_who_orders_every_g_days_gets_the_written_number_of_emails(counts: list[int]) -> None:
    gap, *expected = counts
    noons = [datetime(2026, 1, 5, 11, tzinfo=UTC) + timedelta(days=n) for n in range(0, 361, gap)]
    rows = [row(n, at) for n, at in enumerate(noons) if at < datetime(2027, 1, 1, tzinfo=UTC)]
    found = [replayed(rows, rules(name)).figures["emails"] for name in ("old", "new", "recurring")]
    assert found == expected


@real_orders
@pytest.mark.parametrize("columns", [True, False], ids=["by columns", "by decide"])
@pytest.mark.parametrize("name", ["old", "new", "recurring"])
def test_real_orders_bring_exactly_the_expected_emails_and_figures(name: str, columns: bool, tmp_path: Path) -> None:
    version, against, out = tmp_path / "rules.toml", tmp_path / "old.toml", tmp_path / "sends.csv"
    version.write_text(f'[[rule]]\nid = "{name}"\nbasis = "ordered_at"\n{TEXTS[name]}', encoding="utf-8")
    against.write_text(f'[[rule]]\nid = "old"\nbasis = "ordered_at"\n{TEXTS["old"]}', encoding="utf-8")
    asked = Asked(RETAIL / "order_events.csv.gz", version, against=against, sends=out)
    report = replay_files(asked, columns=columns)
    if columns and name != "recurring" and find_spec("numpy"):
        assert report["engine"] == "columns"
    expected = gzip.decompress((RETAIL / f"expected_sends_{FILES[name]}.csv.gz").read_bytes())
    assert out.read_bytes() == expected
    written = EXAMPLES["onlineretail"]
    assert {key: report[key] for key in written[name]} == written[name]
    assert {key: report["against"][key] for key in written["old"]} == written["old"]
    assert (report["orders"], report["customers"]) == (written["orders"], written["customers"])
    if name == "new":
        assert (report["gained"], report["lost"]) == (written["gained"], written["lost"])
    assert report["rows_ignored"]["guest"] == 3525
    assert report["rows_ignored"]["accounting.adjustment"] == 3


def day(month: int, d: int, hour: int = 11) -> datetime:
    return datetime(2026, month, d, hour, tzinfo=UTC)


def test_a_cancellation_links_by_order_id_and_one_without_order_changes_nothing() -> None:
    rows = [
        row(3, day(1, 13), type="order.cancelled", order_id="o002"),
        row(1, day(1, 5)),
        row(2, day(1, 12)),
        row(4, day(1, 6), type="order.cancelled", order_id="nobody knows it"),
    ]
    result = replayed(rows, rules("new"))
    assert result.figures["emails"] == 0
    assert result.figures["dropped"] == {"ANCHOR_CANCELLED": 1}


def test_guests_and_other_types_are_counted_and_said() -> None:
    rows = [row(1, day(1, 5), customer_id=""), row(2, day(1, 6), type="order.refunded"), row(3, day(1, 7))]
    gathered = gather(rows, bases=frozenset({"fulfilled_at"}), stores={})
    assert gathered.ignored == Counter({"guest": 1, "order.refunded": 1})
    assert (gathered.orders, gathered.customers) == (1, 1)


def test_an_order_is_received_when_the_file_says_so() -> None:
    rows = [row(1, day(1, 5)), row(2, day(1, 12), received_at=day(1, 20))]
    assert replayed(rows, rules("new")).figures["decisions"] == {"BELOW_MIN_ORDERS": 1, "EXPIRED": 1}


def test_a_placed_order_counts_once_it_is_completed() -> None:
    placed = row(2, day(3, 1), type="order.placed", fulfilled_at=None)
    completed = row(3, day(3, 1), order_id="o002", fulfilled_at=day(3, 4))
    result = replayed([completed, row(1, day(2, 10)), placed], rules("new"))
    assert columns(result.run.sends) == [("c1", "e003", "2026-03-04", "2026-03-06", 2)]


def test_rules_on_both_dates_see_each_date_when_it_happens() -> None:
    both = RuleSet((Rule("a", basis="ordered_at", min_orders=1), Rule("b", min_orders=1)))
    result = replayed([row(1, day(3, 1), fulfilled_at=day(3, 20))], both)
    assert [(s.rule_id, s.trigger_day, s.send_day) for s in result.run.sends] == [
        ("a", date(2026, 3, 1).toordinal(), date(2026, 3, 3).toordinal())
    ]
    assert result.figures["decisions"] == {"COOLDOWN": 1, "SCHEDULED": 1}


def test_dates_are_those_of_the_store_or_else_of_the_written_offset() -> None:
    late = datetime(2026, 1, 12, 21, 30, tzinfo=UTC)
    rows = [row(1, day(1, 5), zone="+04:00"), row(2, late, zone="+04:00")]
    version = rules("new")
    assert columns(replayed(rows, version).run.sends)[0][2:4] == ("2026-01-13", "2026-01-15")
    paris = gather(rows, bases=bases_of(version), stores={"S1": StoreFacts("Europe/Paris")})
    assert columns(replay(paris, version).run.sends)[0][2:4] == ("2026-01-12", "2026-01-14")


def test_two_accounts_of_one_address_are_one_person() -> None:
    ana = {"address": "ana@example.org"}
    rows = [row(1, day(1, 5), **ana), row(2, day(1, 12), **ana)]
    rows += [row(n, day(1, 10 + n), customer_id="c2", **ana) for n in (8, 9)]
    assert replayed(rows, rules("new")).figures["emails"] == 1


def test_no_occurrence_planned_after_the_last_order_is_made() -> None:
    rows = [row(1, day(1, 5)), row(2, day(1, 12)), row(3, day(3, 13))]
    assert replayed(rows, rules("recurring")).figures["emails"] == 1
    rows.append(row(4, day(3, 14)))
    assert replayed(rows, rules("recurring")).figures["emails"] == 2


def test_only_emails_of_the_period_are_counted_after_a_warm_up() -> None:
    rows = [row(n, datetime(2026, 1, 5, 11, tzinfo=UTC) + timedelta(days=7 * n)) for n in range(26)]
    period = Period(date(2026, 3, 1).toordinal(), date(2026, 4, 30).toordinal())
    result = replayed(rows, rules("new"), period=period)
    assert [columns([send])[0][3] for send in result.run.sends] == ["2026-03-18"]
    assert warm_up_days(rules("old"), rules("new")) == 93
    assert warm_up_days(RuleSet((Rule("a", cap_per_365d=2),))) == 365


def test_customers_with_too_few_orders_are_skipped_and_still_counted() -> None:
    result = replayed([row(1, day(1, 5))], rules("new"))
    assert result.figures["decisions"] == {"BELOW_MIN_ORDERS": 1}
    assert result.figures["coverage"] == 0.0
    assert result.figures["mean"] is None
    assert result.figures["peak_day"] is None


def test_nothing_is_sent_when_all_is_stopped() -> None:
    stopped = RuleSet((Rule("new"),), GlobalRules(stop_all=True))
    assert replayed([row(1, day(1, 5)), row(2, day(1, 6))], stopped).figures["emails"] == 0


def test_intervals_are_the_same_on_every_run_and_hold_the_truth() -> None:
    pairs = Counter({(0, 0): 500, (1, 1): 300, (1, 2): 150, (0, 1): 50})
    first = intervals(pairs)
    assert first == intervals(pairs)
    low, high = first["emails"]["difference"]
    assert low < 200 < high
    assert 200 - low < 2 * 1.96 * (1000 * 0.2) ** 0.5
    assert intervals(Counter()) == {
        name: {"against": [], "rules": [], "difference": []} for name in ("emails", "customers_reached")
    }


def test_reminders_are_counted_apart() -> None:
    version = RuleSet((Rule("r", reminder_after_days=7),))
    result = replayed([row(1, day(1, 5)), row(2, day(1, 12))], version)
    assert (result.figures["emails"], result.figures["reminders_at_most"]) == (1, 1)
