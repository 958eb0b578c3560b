"""Distinct people of a month, store by store, for what is kept of a closed month: asked, answered, with an order."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import distinct, func, select
from sqlalchemy.orm import Session

from surveyor.core.periods import Period
from surveyor.core.scope import NETWORK
from surveyor.db import distinct as people
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.decisions import DecisionRow
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.orders import Order
from surveyor.db.tables.responses import Response

Counted = dict[str, dict[str, int]]


def of_scores(session: Session, period: Period) -> Counted:
    """Store, and "" for the network -> {"customers_answered": n}."""
    r, i = Response, Invitation
    query = (
        select(r.store_id, func.count(distinct(i.address_key)))
        .join(i, i.id == r.invitation_id)
        .where(r.day >= period.first, r.day <= period.last, r.score.is_not(None), r.source == "email")
        .group_by(r.store_id)
    )
    network = people.customers_answered(session, (NETWORK,), period)[0]
    return _together({"customers_answered": {**_by(session, query), "": network}})


def of_rates(session: Session, period: Period, *, zone: str) -> Counted:
    """Store, and "" for the network -> customers behind the hits, asked, and with an order that counts."""
    d, i, o = DecisionRow, Invitation, Order
    midnight = [datetime.combine(day, time(), ZoneInfo(zone)) for day in (period.first, period.last + timedelta(1))]
    hit = (
        select(d.store_id, people.PEOPLE)
        .join(Customer, Customer.id == d.customer_id)
        .where(d.day >= period.first, d.day <= period.last, d.verdict != "NOT_ELIGIBLE")
        .group_by(d.store_id)
    )
    asked = (
        select(i.store_id, func.count(distinct(i.address_key)))
        .where(i.sent_day >= period.first, i.sent_day <= period.last)
        .group_by(i.store_id)
    )
    at = func.coalesce(o.fulfilled_at, o.ordered_at)
    ordered = (
        select(o.store_id, people.PEOPLE)
        .join(Customer, Customer.id == o.customer_id)
        .where(o.cancelled_at.is_(None), at >= midnight[0], at < midnight[1])
        .group_by(o.store_id)
    )
    everywhere = (NETWORK,)
    return _together(
        {
            "customers_hit": {
                **_by(session, hit),
                "": people.customers_hit(session, everywhere, period),
            },
            "customers_asked": {
                **_by(session, asked),
                "": people.customers_asked(session, everywhere, period),
            },
            "customers_with_order": {
                **_by(session, ordered),
                "": people.customers_with_order(session, everywhere, period, zone=zone),
            },
        }
    )


def _by(session: Session, query: Any) -> dict[str, int]:
    return {row[0]: int(row[1]) for row in session.execute(query)}


def _together(counted: dict[str, dict[str, int]]) -> Counted:
    found: Counted = {}
    for name, by_store in counted.items():
        for store, n in by_store.items():
            found.setdefault(store, {})[name] = n
    return found
