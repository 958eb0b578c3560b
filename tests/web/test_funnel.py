"""Each figure of the funnel is what its own list holds, and what the rows say when they are counted one by one."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from surveyor.core.periods import Period
from surveyor.core.scope import NETWORK, Scope
from surveyor.db import steps
from surveyor.db.steps import STEPS, Cut
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.decisions import DecisionRow
from surveyor.db.tables.emails import Email
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.responses import Response
from surveyor.flows.rebuild_tallies import rebuild_tallies
from surveyor.services import Services
from tests.flows.orders import PARIS, at, event, record, use_rules
from tests.web.conftest import Enter
from tests.web.links import open_network, send
from tests.web.test_strangers import answer

NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))


@pytest.fixture
def line(installation: Services, app: Flask) -> Services:
    """Customers at every step: refused, waiting, sent, bounced, answered, in two stores and under two rules."""
    open_network(installation)
    for n in range(12):
        sent = send(installation, f"a{n}", store="S1" if n % 3 else "S3")
        if n % 2:
            answer(installation, sent, n % 11, "Très bien." if n % 4 == 1 else "")
        if n == 2:
            _deliver(installation, sent.email_id, "bounced_hard", 50)
    use_rules(installation.sessions, '[[rule]]\nid = "std"\n[[rule]]\nid = "sud"\nactive = true\nregions = ["sud"]\n')
    for n in range(20):
        for k, day in enumerate(("2026-11-02T17:00", "2026-11-04T17:00", "2026-11-05T18:00")):
            fields = {"store_id": "S1" if n % 4 else "S3"} | ({"email": ""} if n % 5 == 0 else {})
            one = event(f"r{n}-{k}", f"r{n}", at(day), **fields)
            record(installation.sessions, one, now=at(day), keys=installation.keyring)
    rebuild_tallies(installation.sessions, now=installation.now(), defaults=PARIS)
    return installation


def _deliver(here: Services, email_id: Any, delivery: str, rank: int) -> None:
    with here.sessions.begin() as session:
        email: Any = session.get(Email, email_id)
        email.delivery, email.delivery_rank = delivery, rank


def counted(session: Any, reach: tuple[Scope, ...]) -> Counter[str]:
    """Every step counted from the rows one by one, in Python."""
    stores = set() if reach == (NETWORK,) else {store for scope in reach for store in scope.stores}
    found: Counter[str] = Counter()
    for row in session.scalars(select(DecisionRow)):
        if not NOVEMBER.first <= row.day <= NOVEMBER.last or (stores and row.store_id not in stores):
            continue
        hit = row.verdict != "NOT_ELIGIBLE"
        found.update({"decided": 1, "hits": hit, "not_eligible": not hit, "refused": row.verdict == "SUPPRESSED"})
        found["counted"] += hit or row.reason == "BELOW_MIN_ORDERS"
    emails = {one.invitation_id: one for one in session.scalars(select(Email).where(Email.kind == "invitation"))}
    responses = {one.invitation_id: one for one in session.scalars(select(Response))}
    for row in session.scalars(select(Invitation)):
        if stores and row.store_id not in stores:
            continue
        if NOVEMBER.first <= row.decision_day <= NOVEMBER.last:
            found.update({"scheduled": 1, "went_out": row.state == "sent"})
            found["waiting"] += row.state == "scheduled" and emails[row.id].state != "in_doubt"
        if row.sent_day and NOVEMBER.first <= row.sent_day <= NOVEMBER.last and row.state == "sent":
            email, response = emails.get(row.id), responses.get(row.id)
            delivery = email.delivery if email else None
            answered = response is not None and response.score is not None
            found.update({"sent": 1, "visited": row.visited_at is not None, "responded": answered})
            found["delivered"] += row.visited_at is not None or delivery == "delivered"
            found["bounced_hard"] += row.visited_at is None and delivery == "bounced_hard"
            found["responded_commented"] += answered and bool(response.commented)
    return found


@pytest.mark.parametrize("scope", [NETWORK, Scope.of(stores=["S1"])], ids=["network", "one store"])
def test_every_list_has_as_many_rows_as_a_count_by_hand(line: Services, scope: Scope) -> None:
    cut = Cut((scope,), NOVEMBER, zone="Europe/Paris")
    with line.sessions() as session:
        by_hand = counted(session, (scope,))
        found = {step: steps.how_many(session, step, cut) for step in STEPS}
        listed = {step: len(steps.rows(session, step, cut, limit=10_000)) for step in STEPS}
    assert found == listed
    assert {step: found[step] for step in by_hand} == dict(by_hand)
    assert found["decided"] == found["not_eligible"] + found["hits"]
    assert found["hits"] == found["refused"] + found["scheduled"]
    assert all(found[step] for step in ("orders", "refused", "bounced_hard", "responded_commented"))


@pytest.mark.parametrize("scope", ["", "store:S1", "region:sud"])
def test_the_page_says_what_the_lists_hold(line: Services, enter: Enter, scope: str) -> None:
    person = enter("cx", language="en")
    page = person.get(f"/funnel?period=2026-11&scope={scope}").text
    assert "do not add up" not in page
    shown = re.findall(r'href="(/funnel/[^"]+)">[^<]*</a>(?:.|\n)*?<span class="n">([\d,]+)', page)
    assert len(shown) > 10
    for address, count in shown:
        rows = person.get(address.replace("&amp;", "&")).text
        assert f"{count} row" in rows, address


def test_a_list_is_read_page_by_page_without_a_row_twice(line: Services) -> None:
    cut = Cut((NETWORK,), NOVEMBER, zone="Europe/Paris")
    with line.sessions() as session:
        for step in ("decided", "orders", "sent"):
            whole = [row.id for row in steps.rows(session, step, cut, limit=10_000)]
            seen: list[Any] = []
            page = steps.rows(session, step, cut, limit=7)
            while page:
                seen += [row.id for row in page]
                page = steps.rows(session, step, cut, after=(page[-1].at, page[-1].id), limit=7)
            assert seen == whole
            assert len(set(whole)) == len(whole)


@pytest.mark.parametrize("scope", [NETWORK, Scope.of(regions=["nord"]), Scope.of(stores=["S1"])])
def test_what_hardly_happens_is_listed_from_the_days_that_have_any(line: Services, scope: Scope) -> None:
    """Bounces of several days, some of them alone on theirs; stores changed region since."""
    with line.sessions.begin() as session:
        sent = session.scalars(select(Invitation).where(Invitation.state == "sent", Invitation.visited_at.is_(None)))
        of_store: Counter[str] = Counter()  # by store, so that each has both: ids are random
        for one in sent:
            n = of_store[one.store_id]
            of_store[one.store_id] += 1
            assert one.sent_at is not None
            assert one.sent_day is not None
            one.sent_at -= timedelta(days=n % 4)
            one.sent_day -= timedelta(days=n % 4)
            email: Any = session.scalars(select(Email).where(Email.invitation_id == one.id)).one()
            email.delivery, email.delivery_rank = ("bounced_hard", 50) if n % 4 else ("complained", 60)
    rebuild_tallies(line.sessions, now=line.now(), defaults=PARIS)
    cut = Cut((scope,), NOVEMBER, zone="Europe/Paris")
    with line.sessions() as session:
        for step in ("bounced_hard", "complained", "rejected"):
            seen: list[Any] = []
            page = steps.rows(session, step, cut, limit=2)
            while page:
                seen += page
                page = steps.rows(session, step, cut, after=(page[-1].at, page[-1].id), limit=2)
            assert len(seen) == steps.how_many(session, step, cut) == len({row.id for row in seen})
            assert [(row.at, row.id) for row in seen] == sorted(((row.at, row.id) for row in seen), reverse=True)
            assert bool(seen) == (step != "rejected")
        for reason in ("", "NO_EMAIL", "COOLDOWN"):
            refused = replace(cut, reason=reason)
            pages = [steps.rows(session, "refused", refused, limit=limit) for limit in (1, 1000)]
            assert pages[0] == pages[1][:1], "of many one page, of few the days that have any: the same rows"
            assert len(pages[1]) == steps.how_many(session, "refused", refused)


def test_one_rule_and_one_reason_narrow_every_figure(line: Services, enter: Enter) -> None:
    person = enter("cx")
    refused = person.get("/funnel/refused?period=2026-11&reason=NO_EMAIL").text
    assert "Pas d&#39;adresse" in refused
    assert "Un envoi est déjà prévu" not in refused
    nothing = person.get("/funnel?period=2026-11&rule=nobody").text
    assert "/funnel/hits" not in nothing
    assert 'value="nobody" selected' in nothing
    assert person.get("/funnel/hits?period=2026-11&after=not-a-cursor").status_code == 200


def test_s24_a_store_manager_sees_only_their_own_customers(line: Services, enter: Enter) -> None:
    manager = enter("store_manager", "store:S3")
    page = manager.get("/funnel/hits?period=2026-11").text
    with line.sessions() as session:
        d = DecisionRow
        query = select(Customer.external_id).join(d, d.customer_id == Customer.id)
        mine = set(session.scalars(query.where(d.store_id == "S3")))
        others = set(session.scalars(query.where(d.store_id != "S3"))) - mine
    shown = set(re.findall(r'class="mono" href="/explain/[0-9a-f]{32}">([^<]+)<', page))
    assert shown
    assert shown <= mine
    assert not shown & others
    assert manager.get("/funnel/hits?period=2026-11&scope=store:S1").status_code == 404
    assert "@" not in re.sub(r"store_manager\d+@example\.fr", "", page)
