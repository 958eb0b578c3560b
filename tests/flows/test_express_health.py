"""What the support edition of the express adds: alerts, deliverability, stores apart, why rules kept still."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import insert

from surveyor.core.scope import NETWORK, Scope
from surveyor.db.alerts import raise_alert
from surveyor.db.tables.tallies import CoarseTally, ReasonTally
from surveyor.flows.write_express import Asked, write_express
from surveyor.services import Services
from tests.flows.test_reports import MONDAY, house

__all__ = ["house"]
#: In the week that is told; in the weeks whose emails have had the time to be answered.
WEEK, MATURE = date(2026, 11, 18), date(2026, 10, 5)


def said(here: Services, language: str = "en", scope: Scope = NETWORK, **more: Any) -> list[str]:
    asked = Asked(scope, (scope,), "Réseau", MONDAY.date(), "support", language=language, now=MONDAY, **more)
    with here.sessions() as session:
        return [one.replace("\u00a0", " ").replace("\u202f", " ") for one in write_express(session, asked).health]


def count(here: Services, store: str, day: date, **counts: int) -> None:
    with here.sessions.begin() as session:
        session.execute(insert(CoarseTally).values(day=day, store_id=store, **counts))


def kept_still(here: Services, **reasons: int) -> None:
    """Decisions of the week that wrote to nobody, by reason."""
    rule = {"rule_id": "std", "rule_version": 1, "segment": "famille", "stage": "decision"}
    with here.sessions.begin() as session:
        for reason, n in reasons.items():
            session.execute(insert(ReasonTally).values(day=WEEK, store_id="S1", reason=reason, n=n, **rule))


def test_where_nothing_is_known_only_the_alerts_are_counted(house: Services) -> None:
    assert said(house) == ["No open alert."]
    assert said(house, "fr") == ["Aucune alerte ouverte."]


def test_open_alerts_are_counted(house: Services) -> None:
    for n, subject in enumerate(("one", "two"), 1):
        with house.sessions.begin() as session:
            raise_alert(session, "experiment_guard", now=MONDAY, subject=subject)
        assert said(house)[0] == ("1 open alert." if n == 1 else "2 open alerts.")
        assert said(house, "fr")[0] == ("1 alerte ouverte." if n == 1 else "2 alertes ouvertes.")


def test_deliverability_is_that_of_the_week(house: Services) -> None:
    count(house, "S1", WEEK, sent=1500, delivered=1470)
    assert said(house)[1] == "Deliverability of the week: 98.0% of 1,500 emails sent."
    assert said(house, "fr")[1] == "Délivrabilité de la semaine : 98,0 % de 1 500 e-mails envoyés."


def test_a_store_is_apart_when_its_rate_is_three_deviations_from_that_of_all_others(house: Services) -> None:
    count(house, "S1", MATURE, sent=1000, delivered=1000, responded=100)
    count(house, "S2", MATURE, sent=2000, delivered=2000, responded=500)
    count(house, "S3", MATURE, sent=199, delivered=199, responded=0)
    told = "Response rate apart from other stores (delivered): Arras 25.0% (2,000), Lille Centre 10.0% (1,000)."
    assert said(house)[-1] == told, "199 deliveries are too few to say it of Nice"
    told = "Taux de réponse à part des autres magasins (délivrés) : Arras 25,0 % (2 000), Lille Centre 10,0 % (1 000)."
    assert said(house, "fr")[-1] == told
    assert said(house, scope=Scope.of(stores=("S1",))) == ["No open alert."], "nobody to be compared with"


def test_stores_that_answer_alike_are_not_told(house: Services) -> None:
    count(house, "S1", MATURE, sent=1000, delivered=1000, responded=200)
    count(house, "S2", MATURE, sent=2000, delivered=2000, responded=410)
    assert said(house) == ["No open alert."]


def test_a_provider_that_says_nothing_of_deliveries_is_supposed_to_have_delivered(house: Services) -> None:
    count(house, "S1", MATURE, sent=1000, responded=100)
    count(house, "S2", MATURE, sent=2000, responded=500)
    assert said(house) == ["No open alert."]
    assert "Arras 25.0% (2,000), Lille Centre 10.0% (1,000)" in said(house, delivery_events=False)[-1]


def test_no_more_than_five_stores_are_named(house: Services) -> None:
    for n in range(3):
        count(house, f"a{n}", MATURE, sent=1000, delivered=1000, responded=50)
        count(house, f"b{n}", MATURE, sent=1000, delivered=1000, responded=400)
    listed = said(house)[-1].partition(": ")[2]
    assert listed == ("a0 5.0% (1,000), a1 5.0% (1,000), a2 5.0% (1,000), b0 40.0% (1,000), b1 40.0% (1,000)…")


def test_the_three_most_frequent_reasons_are_told(house: Services) -> None:
    kept_still(house, COOLDOWN=1200, NO_EMAIL=30, ANNUAL_CAP=30, UNSUBSCRIBED=2)
    english, french = said(house)[-1], said(house, "fr")[-1]
    assert english == "Why the rules did not write: Asked recently: 1,200; Yearly cap reached: 30; No address: 30."
    told = "Déjà sollicité récemment : 1 200 ; Plafond annuel atteint : 30 ; Pas d'adresse : 30"
    assert french == f"Pourquoi les règles n'ont pas écrit : {told}."
