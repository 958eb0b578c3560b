"""Tallies: changes go to both grains, sums follow scope, period and the place of a store on each day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from surveyor.core.periods import Period
from surveyor.core.scope import NETWORK, Scope
from surveyor.core.tally import COUNTS, SCORE_COUNTS, Tally
from surveyor.db.engine import make_engine, make_sessions
from surveyor.db.limits import sent_on
from surveyor.db.recount import stored
from surveyor.db.tables.network import Region, Store, StoreHistory
from surveyor.db.tables.tallies import CoarseTally, FineTally, TallyChange
from surveyor.db.tallies import BANDS, Delta, add, answers, gather, note, once, reasons, sums
from surveyor.db.tallies.changes import AT_ONCE
from surveyor.db.tallies.places import MOST_MOVES
from surveyor.db.tallies.read import EVERYWHERE

MAY = Period(date(2026, 5, 1), date(2026, 5, 31))
DAY = date(2026, 5, 4)


@pytest.fixture
def stores(sessions: Any) -> Any:
    """Two stores: lille moved from north to south on 10 May, paris was always in the north."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with sessions.begin() as session:
        session.add_all([Region(id="north", name="North"), Region(id="south", name="South")])
        session.flush()
        session.add_all(
            Store(id=name, name=name, zone="Europe/Paris", region_id=region, created_at=now)
            for name, region in (("lille", "south"), ("paris", "north"))
        )
        session.flush()
        session.add(StoreHistory(store_id="lille", from_day=date(2026, 5, 2), region_id="north"))
        session.add(StoreHistory(store_id="lille", from_day=date(2026, 5, 10), region_id="south"))
    return sessions


def _sums(sessions: Any, *reach: Scope, **options: Any) -> dict[Any, Tally]:
    with sessions() as session:
        return sums(session, reach, MAY, **options)


def test_changes_add_up_in_both_grains(stores: Any) -> None:
    with stores.begin() as session:
        add(session, [Delta(DAY, "lille", "std", 1, "family", 1, Tally(sent=2, delivered=1))])
    with stores.begin() as session:
        add(
            session,
            [
                Delta(DAY, "lille", "std", 1, "family", 1, Tally(sent=1)),
                Delta(DAY, "lille", "std", 2, "family", 1, Tally(delivered=-1, bounced_hard=1)),
                Delta(DAY, "paris", counts=Tally(orders=5)),
            ],
        )
    with stores() as session:
        fine = {(row.rule_version, row.sent, row.delivered) for row in session.scalars(select(FineTally))}
        coarse = {(row.store_id, row.sent, row.delivered, row.orders) for row in session.scalars(select(CoarseTally))}
    assert fine == {(1, 3, 1), (2, 0, -1), (0, 0, 0)}
    assert coarse == {("lille", 3, 0, 0), ("paris", 0, 0, 5)}


def test_a_change_of_nothing_writes_nothing(sessions: Any) -> None:
    with sessions.begin() as session:
        add(session, [Delta(DAY, "lille", counts=Tally(sent=1)), Delta(DAY, "lille", counts=Tally(sent=-1))])
    with sessions() as session:
        assert session.scalars(select(FineTally)).all() == []
        assert session.scalars(select(CoarseTally)).all() == []


def test_stores_add_up_to_regions_and_regions_to_the_network(stores: Any) -> None:
    with stores.begin() as session:
        for day, store, n in ((1, "lille", 1), (9, "lille", 10), (10, "lille", 100), (10, "paris", 1000)):
            add(session, [Delta(date(2026, 5, day), store, "std", 1, "family", 1, Tally(score_9=n))])
    by_region = _sums(stores, NETWORK, by=("region",))
    assert {key: tally.score_9 for key, tally in by_region.items()} == {("north",): 1011, ("south",): 100}
    assert _sums(stores, NETWORK)[()].score_9 == 1111
    assert _sums(stores, Scope.of(regions=["north"]))[()].score_9 == 1011


def test_overlapping_scopes_count_a_row_once_and_no_scope_counts_none(stores: Any) -> None:
    with stores.begin() as session:
        add(session, [Delta(DAY, "lille", "std", 1, "family", 1, Tally(sent=3))])
    both = _sums(stores, Scope.of(stores=["lille"]), Scope.of(regions=["north"]))
    assert both[()].sent == 3
    assert _sums(stores) == {}


def test_segments_rules_and_days_are_read_from_the_fine_grain(stores: Any) -> None:
    with stores.begin() as session:
        add(session, [Delta(DAY, "lille", "std", 1, "family", 1, Tally(sent=3))])
        add(session, [Delta(DAY, "lille", "vip", 1, "single", 1, Tally(sent=4))])
    assert _sums(stores, Scope.of(segments=["single"]))[()].sent == 4
    assert _sums(stores, NETWORK, rule_id="std")[()].sent == 3
    assert {key: t.sent for key, t in _sums(stores, NETWORK, by=("day", "rule")).items()} == {
        (DAY, "std"): 3,
        (DAY, "vip"): 4,
    }


def test_side_tallies_keep_reasons_and_answers(stores: Any) -> None:
    with stores.begin() as session:
        add(
            session,
            [
                Delta(DAY, "lille", "std", 1, reasons={("decision", "COOLDOWN"): 2}, answers={("q_wait", "5"): 1}),
                Delta(DAY, "paris", "std", 1, reasons={("decision", "COOLDOWN"): 1, ("drop", "IDLE"): 1}),
            ],
        )
        add(session, [Delta(DAY, "paris", "std", 1, reasons={("drop", "IDLE"): -1})])
    with stores() as session:
        assert reasons(session, (NETWORK,), MAY) == {(): {("decision", "COOLDOWN"): 3}}
        assert reasons(session, (NETWORK,), MAY, by=("store",)) == {
            ("lille",): {("decision", "COOLDOWN"): 2},
            ("paris",): {("decision", "COOLDOWN"): 1},
        }
        assert answers(session, (Scope.of(stores=["lille"]),), MAY) == {(): {("q_wait", "5"): 1}}


def _noted(sessions: Any, *deltas: Delta) -> None:
    with sessions.begin() as session:
        note(session, deltas, now=datetime(2026, 5, 4, 12, tzinfo=UTC))


def _cells(sessions: Any) -> dict[str, set[Any]]:
    with sessions() as session:
        fine = {(row.store_id, row.rule_id, row.sent, row.went_out) for row in session.scalars(select(FineTally))}
        coarse = {(row.store_id, row.sent, row.went_out) for row in session.scalars(select(CoarseTally))}
        left = len(session.scalars(select(TallyChange)).all())
    return {"fine": fine, "coarse": coarse, "noted": {left}}


def test_what_is_noted_counts_at_once_and_is_added_once(stores: Any) -> None:
    """Every reader says the same before and after it is added to its cells."""
    with stores.begin() as session:
        add(session, [Delta(DAY, "lille", "std", 1, "family", 1, Tally(sent=2, score_9=1))])
    one = Delta(DAY, "lille", "std", 1, "family", 1, Tally(sent=1))
    _noted(stores, one, one._replace(counts={"sent": 1, "delivered": -1}), one._replace(store_id="paris", rule_id="x"))
    _noted(stores, one._replace(counts=Tally(went_out=1)))
    before = [_everything(stores), _cells(stores)["noted"]]
    with stores.begin() as session:
        assert not gather(session)
        assert not gather(session)
    assert before == [_everything(stores), {2}]
    assert _cells(stores) == {
        "fine": {("lille", "std", 4, 1), ("paris", "x", 1, 0)},
        "coarse": {("lille", 4, 1), ("paris", 1, 0)},
        "noted": {0},
    }
    assert before[0]["everywhere"] == {(): Tally(sent=5, score_9=1, went_out=1, delivered=-1)}


def _everything(sessions: Any) -> dict[str, Any]:
    with sessions() as session:
        return {
            "everywhere": sums(session, EVERYWHERE, MAY),
            "a few counts": sums(session, EVERYWHERE, MAY, only=("score_9", "sent"), by=("day",)),
            "scores": sums(session, EVERYWHERE, MAY, only=("score_9",)),
            "other days": sums(session, EVERYWHERE, Period(date(2026, 6, 1), date(2026, 6, 30))),
            "by rule": sums(session, EVERYWHERE, MAY, by=("rule", "segment", "questionnaire_version")),
            "of a rule": sums(session, EVERYWHERE, MAY, by=("store",), rule_id="std"),
            "by region": sums(session, (Scope.of(regions=["north"]),), MAY, by=("region", "day")),
            "of a segment": sums(session, (Scope.of(segments=["family"]),), MAY),
            "a day's cap": sent_on(session, {"lille", "paris"}, {DAY}),
            "fine": stored(session, "tallies_fine"),
            "coarse": stored(session, "tallies_coarse"),
        }


def test_reasons_answers_and_scores_are_not_noted(stores: Any) -> None:
    delta = Delta(DAY, "lille", "std", 1, "family", 1, Tally(dropped=1), {("drop", "EXPIRED"): 1})
    _noted(stores, delta, Delta(DAY, "lille", "std", 1, "family", 1, Tally(score_9=1)))
    assert _cells(stores)["noted"] == {0}
    with stores() as session:
        assert reasons(session, EVERYWHERE, MAY) == {(): {("drop", "EXPIRED"): 1}}
        assert sums(session, EVERYWHERE, MAY) == {(): Tally(dropped=1, score_9=1)}


def test_notes_are_added_some_at_a_time(stores: Any) -> None:
    one = Delta(DAY, "lille", "std", 1, "family", 1, Tally(sent=1))
    with stores.begin() as session:
        for _ in range(AT_ONCE + 1):
            note(session, [one], now=datetime(2026, 5, 4, 12, tzinfo=UTC))
    with stores.begin() as session:
        assert gather(session)
    assert _cells(stores)["noted"] == {1}
    with stores() as session:
        assert sums(session, EVERYWHERE, MAY) == {(): Tally(sent=AT_ONCE + 1)}


@pytest.mark.postgres
def test_two_who_add_at_once_take_different_notes(postgres_url: str) -> None:
    engine = make_engine(postgres_url)
    sessions = make_sessions(engine)
    _noted(sessions, Delta(DAY, "lille", "std", 1, "family", 1, Tally(sent=1)))
    with sessions() as first, sessions() as second:
        gather(first)
        gather(second)
        first.commit()
        second.commit()
    assert _cells(sessions) == {"fine": {("lille", "std", 1, 0)}, "coarse": {("lille", 1, 0)}, "noted": {0}}
    engine.dispose()


def test_places_between_moves_say_what_a_join_says(sessions: Any) -> None:
    """More moves than a period is cut at, that change nothing, make every sum go by the join."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with sessions.begin() as session:
        session.add_all([Region(id=name, name=name) for name in ("north", "south")])
        session.flush()
        for number, region in enumerate(("north", "south", "north", None)):
            session.add(Store(id=f"S{number}", name="", zone="Europe/Paris", region_id=region, created_at=now))
        session.flush()
        session.add_all(
            StoreHistory(store_id=f"S{number}", from_day=date(2026, 1, 1), region_id=region)
            for number, region in enumerate(("north", "south", "south"))
        )
        days = (DAY, date(2026, 5, 20))
        add(
            session,
            [
                Delta(day, f"S{number}", "std", 1, segment, 1, Tally(sent=number + 1, score_9=10**number))
                for day in days
                for number in range(5)
                for segment in ("family", "solo")
            ],
        )
    reaches = (
        (NETWORK,),
        (Scope.of(regions=["north"]),),
        (Scope.of(regions=["south"], segments=["solo"]),),
        (Scope.of(regions=["north"]), Scope.of(stores=["S1"])),
        (Scope.of(regions=["north"], stores=["S2", "S1"]),),
        (Scope.of(regions=["nowhere"]),),
        (),
    )
    cuts: tuple[Any, ...] = ((), ("region",), ("region", "segment"), ("store", "region"), ("brand",), ("day", "region"))
    asked = [(reach, cut) for reach in reaches for cut in cuts]
    looked_up = [_sums(sessions, *reach, by=cut) for reach, cut in asked]
    assert looked_up[1] == {("north",): Tally(sent=4, score_9=4), ("south",): Tally(sent=20, score_9=440)} | {
        (None,): Tally(sent=36, score_9=44000)
    }
    by_join = [date(2026, 5, 2) + timedelta(days=n) for n in range(MOST_MOVES + 1)]
    with sessions.begin() as session:
        session.add_all(StoreHistory(store_id="S1", from_day=day, region_id="south") for day in by_join)
    assert [_sums(sessions, *reach, by=cut) for reach, cut in asked] == looked_up
    with sessions.begin() as session:
        session.execute(delete(StoreHistory).where(StoreHistory.from_day.in_(by_join)))
        session.add(StoreHistory(store_id="S1", from_day=date(2026, 5, 18), region_id="north"))
        session.add(StoreHistory(store_id="S2", from_day=date(2026, 5, 20), region_id=None))
    in_parts = [_sums(sessions, *reach, by=cut) for reach, cut in asked]
    assert in_parts != looked_up
    with sessions.begin() as session:
        session.add_all(StoreHistory(store_id="S0", from_day=day, region_id="north") for day in by_join)
    assert [_sums(sessions, *reach, by=cut) for reach, cut in asked] == in_parts


@pytest.mark.parametrize("moved", [False, True], ids=["never moved", "moved"])
def test_whatever_is_read_once_or_by_band_says_what_is_read_each_time(sessions: Any, *, moved: bool) -> None:
    """Every cut, with and without what the page has read before; bands are the sums of their scores."""
    _seven_stores(sessions, moved=moved)
    reaches = (
        EVERYWHERE,
        (Scope.of(regions=["north"]),),
        (Scope.of(segments=["x"]),),
        (Scope.of(stores=["s1", "s2"]),),
    )
    cuts: Any = (("store", "segment"), (), ("day",), ("store",), ("region",), ("segment",), ("day", "region"))
    whole, inner = MAY, Period(date(2026, 5, 3), date(2026, 5, 12))
    counts = (COUNTS, ("sent", "responded", *BANDS), SCORE_COUNTS, tuple(BANDS))
    places = [(reach, days, by) for reach in reaches for days in (whole, inner) for by in cuts]
    with sessions() as session:
        plain = [sums(session, reach, days, by=by) for reach, days, by in places]
        each = [[_some(sums(session, r, days, by=by, only=only)) for r, days, by in places] for only in counts[1:]]
        with once(session):
            after = [[_some(sums(session, r, days, by=by, only=only)) for r, days, by in places] for only in counts]
        assert "tallies_read" not in session.info
    expected = [[_some(found, only) for found in plain] for only in counts]
    assert any(tally.sent and tally.promoters for found in plain for tally in found.values())
    assert each == expected[1:]
    assert after == expected


def _some(found: Any, only: Any = COUNTS) -> dict[Any, Tally]:
    """Some counts of each group that has any."""
    kept = {key: Tally(**{BANDS.get(name, name): getattr(one, name) for name in only}) for key, one in found.items()}
    return {key: one for key, one in kept.items() if one}


def test_what_a_page_has_read_is_not_what_the_next_one_reads(stores: Any) -> None:
    with stores() as session, once(session):
        assert sums(session, EVERYWHERE, MAY) == {}
    with stores.begin() as session:
        add(session, [Delta(DAY, "lille", counts=Tally(sent=2))])
    with stores() as session, once(session):
        assert sums(session, EVERYWHERE, MAY) == {(): Tally(sent=2)}


def test_reasons_of_a_region_are_those_of_its_stores(sessions: Any) -> None:
    _seven_stores(sessions, moved=False)
    with sessions() as session:
        north = reasons(session, (Scope.of(regions=["north"]),), MAY)
        by_store = reasons(session, EVERYWHERE, MAY, by=("store",))
        inside: Any = [found for (store,), found in by_store.items() if store in ("s0", "s2", "s4", "s6")]
    assert north == {(): {("decision", "COOLDOWN"): sum(one["decision", "COOLDOWN"] for one in inside)}}


def _seven_stores(sessions: Any, *, moved: bool) -> None:
    """Stores in two regions, with answers, emails that are noted and not yet added, reasons, and cells of no store."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with sessions.begin() as session:
        session.add_all([Region(id="north", name="North"), Region(id="south", name="South")])
        session.flush()
        regions = {f"s{n}": ("north", "south")[n % 2] for n in range(7)}
        session.add_all(
            Store(id=name, name=name, zone="Europe/Paris", region_id=region, created_at=now)
            for name, region in regions.items()
        )
        session.flush()
        if moved:
            session.add(StoreHistory(store_id="s1", from_day=date(2026, 5, 2), region_id="north"))
            session.add(StoreHistory(store_id="s1", from_day=date(2026, 5, 10), region_id="south"))
        made = []
        for n in range(60):
            place = (date(2026, 5, 1 + n % 14), f"s{n % 8}", "std", 1, "xyz"[n % 3], 1)
            counts = Tally(sent=n + 1, delivered=n, responded=n % 5, hits=2 * n, **{f"score_{n % 11}": n % 7 + 1})
            made.append(Delta(*place, counts=counts, reasons={("decision", "COOLDOWN"): n + 1}))
        add(session, made)
    with sessions.begin() as session:
        noted = [Delta(DAY, f"s{n}", "std", 1, "x", 1, Tally(sent=3, delivered=2)) for n in range(4)]
        note(session, noted, now=now)
