"""What stands between a mistake in the rules and the customers, sentence by sentence, on real databases."""

from __future__ import annotations

import threading
from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from surveyor.db import rules
from surveyor.db.tables.decisions import DecisionRow
from surveyor.errors import Refused
from surveyor.flows import edit_rules
from surveyor.flows.customer_journey import active_rules
from surveyor.flows.publish_rules import Draft, publish_first, publish_rules, sync_file
from tests.flows.orders import PARIS, at, event, record, use_rules

NOW = at("2026-02-20T09:00")
GOOD = '[[rule]]\nid = "std"\n'
NIGHT = '[[rule]]\nid = "std"\nsend_time = "03:00"\n'
NOBODY = '[[rule]]\nid = "std"\nactive = false\n'


def publish(sessions: Any, text: str, **said: Any) -> int:
    draft = Draft(text, **{"author": "Ana", "why": "essai", "accept_warnings": True, **said})
    return publish_rules(sessions, draft, now=NOW, defaults=PARIS).version.number


def in_force(sessions: Any) -> str:
    with sessions.begin() as session:
        active = rules.active(session)
        assert active is not None
        version = rules.version(session, active[0])
    assert version is not None
    return version.text


@pytest.mark.parametrize(
    ("text", "code", "meant"),
    [
        (NIGHT, "night", NIGHT + "allow_night = true\n"),
        (NIGHT.replace("03:00", "20:01"), "night", NIGHT.replace("03:00", "20:01") + "allow_night = true\n"),
        (NOBODY, "no_active_rule", "[global]\nstop_all = true\n" + NOBODY),
    ],
)
def test_the_night_has_to_be_forced_and_silence_has_to_be_meant(
    sessions: Any, text: str, code: str, meant: str
) -> None:
    publish_first(sessions, GOOD, now=NOW)
    with pytest.raises(Refused) as refused:
        publish(sessions, text)
    assert code in {one.code for one in refused.value.complaints}
    assert in_force(sessions) == GOOD
    assert publish(sessions, meant) == 2
    assert in_force(sessions) == meant


@pytest.mark.parametrize("hour", ["08:00", "20:00"])
def test_the_hours_of_the_day_need_no_force(sessions: Any, hour: str) -> None:
    publish_first(sessions, GOOD, now=NOW)
    assert publish(sessions, NIGHT.replace("03:00", hour)) == 2


@pytest.mark.parametrize("bad", ["nothing of TOML [", '[[rule]]\nid = "std"\nmin_orders = 0\n', "", NOBODY])
def test_a_bad_text_never_replaces_a_good_one_by_any_way(sessions: Any, tmp_path: Path, bad: str) -> None:
    file = tmp_path / "rules.toml"
    publish_first(sessions, GOOD, now=NOW, file=file)
    with pytest.raises(Refused):
        publish(sessions, bad)
    edit_rules.open_draft(sessions, "ana", now=NOW)
    edit_rules.save_text(sessions, "ana", bad, now=NOW)
    assert edit_rules.measure_draft(sessions, "ana", now=NOW, defaults=PARIS) is False
    with pytest.raises(Refused):
        edit_rules.publish_draft(sessions, edit_rules.Confirmed("ana", "Ana", "essai"), now=NOW, defaults=PARIS)
    written = file.read_text()
    file.write_text(bad)
    sync_file(sessions, file)
    assert in_force(sessions) == GOOD, "a file edited by hand activates nothing by itself"
    assert GOOD in written


def test_many_more_emails_than_the_last_weeks_are_asked_twice_on_the_screen(sessions: Any) -> None:
    publish_first(sessions, GOOD.replace('"std"\n', '"std"\nmin_orders = 3\n'), now=NOW)
    for n in range(8):
        when = NOW - timedelta(days=10, hours=n)
        record(sessions, event(f"a{n}", f"c{n}", when - timedelta(days=20)), event(f"b{n}", f"c{n}", when), now=when)
    edit_rules.open_draft(sessions, "ana", now=NOW)
    edit_rules.save_text(sessions, "ana", GOOD, now=NOW)
    assert edit_rules.measure_draft(sessions, "ana", now=NOW, defaults=PARIS)
    tolerant = edit_rules.Confirmed("ana", "Ana", "plus", times=100.0)  # nothing over nothing is over any share
    with pytest.raises(Refused):
        edit_rules.publish_draft(sessions, tolerant, now=NOW, defaults=PARIS)
    for typed in (None, 7):
        with pytest.raises(Refused) as refused:
            edit_rules.publish_draft(
                sessions, edit_rules.Confirmed("ana", "Ana", "plus", volume=typed), now=NOW, defaults=PARIS
            )
        assert refused.value.code == "rules_volume_confirm"
    confirmed = edit_rules.Confirmed("ana", "Ana", "plus", volume=8)
    assert edit_rules.publish_draft(sessions, confirmed, now=NOW, defaults=PARIS).version.number == 2


def test_a_worker_sees_the_whole_old_version_or_the_whole_new_one(sessions: Any) -> None:
    """Versions with n orders asked and a window of n months, published while batches are being decided."""
    use_rules(sessions, _two_rules(1), now=NOW)
    done = threading.Event()
    wrong: list[str] = []

    def publishing() -> None:
        for number in range(2, 14):
            use_rules(sessions, _two_rules(1 + number % 2), now=NOW)
        done.set()

    def reading() -> None:
        while not done.is_set():
            with sessions.begin() as session:
                number, found = active_rules(session)
            if [rule.min_orders for rule in found.rules] != [1 + number % 2 if number > 1 else 1] * 2:
                wrong.append(f"version {number}: {[rule.min_orders for rule in found.rules]}")

    threads = [threading.Thread(target=work) for work in (publishing, reading)]
    for thread in threads:
        thread.start()
    batch = 0
    while not done.is_set() or batch < 4:
        when = NOW + timedelta(minutes=batch)
        record(sessions, *(event(f"o{batch}-{n}", f"c{batch}-{n}", when) for n in range(5)), now=when)
        batch += 1
    for thread in threads:
        thread.join()
    assert not wrong
    versions: dict[Any, set[int]] = defaultdict(set)
    with sessions.begin() as session:
        for row in session.scalars(select(DecisionRow)):
            versions[row.decided_at].add(row.rule_version)
            needed = 1 if row.rule_version == 1 else 1 + row.rule_version % 2
            assert row.facts["needed"] == needed, "every rule of a decision is of the version that it names"
    assert batch >= 4
    assert all(len(found) == 1 for found in versions.values()), "one batch is decided by one version"


def _two_rules(orders: int) -> str:
    return "".join(f'[[rule]]\nid = "{name}"\nmin_orders = {orders}\n' for name in ("a", "b"))
