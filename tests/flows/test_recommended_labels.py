"""What customers mention month after month: R4 when more of the unhappy do, R5 when it goes badly again and again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from surveyor.core.periods import Period
from surveyor.core.reports.recommendations import Level
from surveyor.core.scope import Scope
from surveyor.db import network
from surveyor.db.base import new_id
from surveyor.db.labels import Carried, Commented, add
from surveyor.db.tables.customers import Customer
from surveyor.flows.write_express import Asked, write_express
from surveyor.flows.write_express.composed import express_report
from surveyor.flows.write_voice import open_book, write_voice
from surveyor.flows.write_voice.shelf import Shelf
from tests.web import sample

MONDAY, FOURTH = datetime(2026, 12, 7, 7, tzinfo=UTC), datetime(2026, 12, 4, 7, tzinfo=UTC)
NOVEMBER = Period.parse("2026-11", FOURTH.date())
S1 = Scope.of(stores=("S1",))
A_MONTH = 40


def autumn(sessions: Any) -> None:
    """Forty unhappy comments a month: waiting goes badly since September, the price is new in November."""
    held = sample.Held()
    told: list[tuple[Commented, list[Carried]]] = []
    for month in (8, 9, 10, 11):
        for n in range(A_MONTH):
            at = datetime(2026, month, 10 + n % 8, 9, tzinfo=UTC)
            customer = Customer(
                id=new_id(at), external_id=f"c{month}-{n}", email="", address_key=bytes([month, n] * 16), created_at=at
            )
            held.add(customer)
            place = {"store_id": "S1", "segment": "famille", "rule_id": "std", "rule_version": 1}
            day = at.date() - timedelta(days=2)
            order = f"o{month}-{n}"
            asked = sample.invite(held, customer=customer, order_id=order, place=place, day=day, sent_at=at)
            sample.answer(held, invitation=asked, place=place, score=3, verbatim="…", at=at)
            found = [("waiting", "positive" if month == 8 else "negative")]
            found += [("welcome", "positive")] if n < 20 else []
            found += [("price", "negative")] if n < (30 if month == 11 else 2) else []
            of = Commented(asked, 1, 3, at.date(), "S1", "famille", "fr", "…")
            told.append((of, [Carried(label, polarity, True, "rule") for label, polarity in found]))
    with sessions.begin() as session:
        network.add_names(session, now=FOURTH, regions=["nord"], segments=["famille"])
        rows = [network.StoreRow("S1", "Lille", "Europe/Paris", "nord", "", "famille", "fr")]
        network.add_stores(session, rows, day=date(2026, 1, 1), now=FOURTH)
        held.save(session)
        for of, carried in told:
            add(session, of, carried, version=0, themes=())


@pytest.fixture
def sqlite_url(sqlite_databases: Any) -> str:
    return str(sqlite_databases.filled(autumn))


WANTED = {
    "fr": [
        "«\u00a0Prix\u00a0» revient plus souvent chez les détracteurs\u00a0: 30 sur 40, contre {k0} sur {n0}.",
        "«\u00a0Attente et caisse\u00a0» est important et mal vécu depuis 3 mois (0 positifs, 40 négatifs). "
        "Fixez une action et une date.",
    ],
    "en": [
        '"Price" comes up more often among detractors: 30 of 40, was {k0} of {n0}.',
        '"Waiting and checkout" has been important and badly rated for 3 months (0 positive, 40 negative). '
        "Set one action and a date.",
    ],
}


def said(advice: Any, language: str, *, k0: int, n0: int) -> None:
    found = {one.rule: (one.level, one.text) for one in advice}
    wanted = [(Level.SIGNAL, text.format(k0=k0, n0=n0)) for text in WANTED[language]]
    assert [found["R4"], found["R5"]] == wanted


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_voice_compares_its_month_with_the_one_before_and_goes_back_as_long_as_it_goes_badly(
    sqlite_sessions: Any, language: str
) -> None:
    with sqlite_sessions() as session:
        asked = Asked(S1, (S1,), "Lille", FOURTH.date(), now=FOURTH, edition="store", language=language)
        book = open_book(session, NOVEMBER, today=FOURTH.date(), zone="Europe/Paris", delivery_events=True)
        said(write_voice(session, book, asked, scope=str(S1)).advice, language, k0=2, n0=40)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_express_compares_four_weeks_with_twelve_and_counts_whole_months(
    sqlite_sessions: Any, language: str
) -> None:
    with sqlite_sessions() as session:
        asked = Asked(S1, (S1,), "Lille", MONDAY.date(), now=MONDAY, edition="store", language=language)
        said(express_report(write_express(session, asked), asked).advice, language, k0=4, n0=85)


def test_a_shelf_keeps_three_months_for_a_quarter_of_an_hour(sqlite_sessions: Any) -> None:
    shelf, today = Shelf("Europe/Paris", delivery_events=True), FOURTH.date()
    months = [Period.parse(f"2026-{month:02}", today) for month in (8, 9, 10, 11)]
    with sqlite_sessions() as session:
        first = shelf.book(session, months[0], today=today, now=FOURTH)
        later = FOURTH + timedelta(minutes=14)
        assert shelf.book(session, months[0], today=today, now=later) is first
        assert shelf.book(session, months[0], today=today, now=FOURTH + timedelta(minutes=15)) is not first
        for month in months:
            assert shelf.book(session, month, today=today, now=later).month == month
