"""The answer of a rule for one order or occurrence, with all that explains it: what the table `decisions` keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from surveyor.core.calendar import iso_day
from surveyor.core.reasons import Reason, Verdict


@dataclass(slots=True)
class Decision:
    """One decision and the values it was made of (rules.md, 13). Days are ordinals; see `facts` for the plain form.

    The window is (window_start, day]: its first day included is window_start + 1. `counted` orders are in it, their ids
    (at most 50, latest last) in `order_ids`. `sent_in_year`: SENT in (s - 365 days, s]. `draw`: when one was made.
    """

    verdict: Verdict
    reasons: tuple[Reason, ...]
    customer_id: str
    rule_id: str
    version: int
    arm: str | None
    order_id: str
    opened_by: str
    occurrence: int
    store_id: str
    zone: str
    day: int
    decided_at: datetime
    window_start: int | None = None
    counted: int | None = None
    needed: int | None = None
    order_ids: tuple[str, ...] = ()
    due_day: int | None = None
    planned_at: datetime | None = None
    last_sent_day: int | None = None
    cooldown_end: int | None = None
    sent_in_year: int | None = None
    draw: float | None = None

    @property
    def reason(self) -> Reason | None:
        """The first reason; None when SCHEDULED."""
        return self.reasons[0] if self.reasons else None

    @property
    def label(self) -> str:
        """The order's id, or "order#n" for an occurrence of a cycle after the first."""
        return self.opened_by if self.occurrence == 1 else f"{self.opened_by}#{self.occurrence}"

    @property
    def order_day(self) -> date:
        """Local date of the order decided upon; of the pass, for an occurrence."""
        return date.fromordinal(self.day)

    def facts(self) -> dict[str, object]:
        """What the columns of `decisions` do not say, as JSON values; absent keys were not looked at."""
        plain: dict[str, object] = {}
        if self.reasons:
            plain["reasons"] = [reason.value for reason in self.reasons]
        if self.zone:
            plain["zone"] = self.zone
        if self.window_start is not None:
            plain["window_start"] = iso_day(self.window_start + 1)
            plain["window_end"] = iso_day(self.day)
        if self.counted is not None:
            plain["counted"] = self.counted
        if self.needed is not None:
            plain["needed"] = self.needed
        if self.order_ids:
            plain["order_ids"] = list(self.order_ids)
        if self.due_day is not None:
            plain["due_day"] = iso_day(self.due_day)
        if self.last_sent_day is not None:
            plain["last_sent_day"] = iso_day(self.last_sent_day)
        if self.cooldown_end is not None:
            plain["cooldown_end"] = iso_day(self.cooldown_end)
        if self.sent_in_year is not None:
            plain["sent_in_year"] = self.sent_in_year
        if self.draw is not None:
            plain["draw"] = self.draw
        if self.occurrence > 1:
            plain["opened_by"] = self.opened_by
        return plain


def stored(row: Mapping[str, Any], *, customer_id: str) -> Decision:
    """The decision that a row of `decisions` keeps: its columns by name, `facts` as `Decision.facts` gave them.

    `customer_id`: the one that the source gave. What the row does not say was not looked at.
    """
    facts = row["facts"]
    order_id, occurrence = row["order_id"], row.get("occurrence") or 1
    first = _day(facts.get("window_start"))
    reasons = facts.get("reasons") or ([row["reason"]] if row.get("reason") else [])
    return Decision(
        Verdict(row["verdict"]),
        tuple(Reason(reason) for reason in reasons),
        customer_id,
        row["rule_id"],
        row["rule_version"],
        row.get("arm"),
        order_id,
        facts.get("opened_by") or order_id,
        occurrence,
        row["store_id"],
        facts.get("zone", ""),
        row["day"].toordinal(),
        row["decided_at"],
        None if first is None else first - 1,
        facts.get("counted"),
        facts.get("needed"),
        tuple(facts.get("order_ids", ())),
        _day(facts.get("due_day")),
        row.get("planned_at"),
        _day(facts.get("last_sent_day")),
        _day(facts.get("cooldown_end")),
        facts.get("sent_in_year"),
        facts.get("draw"),
    )


def _day(text: str | None) -> int | None:
    return None if text is None else date.fromisoformat(text).toordinal()
