"""What an explanation draws: the line of time of a customer, and the window and the pause around one decision."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from surveyor.core.calendar import local_day
from surveyor.flows.explain_decisions import SeenEmail, SeenOrder, Story, Told
from surveyor.web.charts.lifeline import Band, Lifeline, Mark, lifeline
from surveyor.web.days import day as day_said
from surveyor.web.days import moment
from surveyor.web.language import text

#: The line of time begins so many days before its last event.
SHOWN_DAYS = 430
#: Orders around one decision that are drawn: so many days before its window.
AROUND_DAYS = 45


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table beside a drawing: when, what, the words about it, and a tone for its mark."""

    at: datetime | date
    what: str
    about: str
    tone: str = ""


def life(story: Story, zone: str) -> tuple[Lifeline | None, tuple[Row, ...]]:
    """Everything that happened to the customer inside the reader's scopes: drawn, and as a table, the newest first."""
    events = sorted((*_orders(story.orders, zone), *_emails(story.emails, zone)), key=lambda one: one[0])
    if not events:
        return None, ()
    since = events[-1][0] - timedelta(days=SHOWN_DAYS)
    shown = [one for one in events if one[0] >= since]
    lanes = [text(f"explain.lane.{name}") for name in ("orders", "emails", "answers")]
    marks = [Mark(at.astimezone(ZoneInfo(zone)).toordinal(), lane, row.tone, row.about) for at, lane, row in shown]
    return lifeline(lanes, (), marks), tuple(row for _, _, row in reversed(events))


_Event = tuple[datetime, int, Row]


def _orders(orders: Iterable[SeenOrder], zone: str) -> Iterable[_Event]:
    for one in orders:
        at = one.fulfilled_at or one.ordered_at
        tone = "left" if one.cancelled_at else "counted"
        about = f"{text('explain.line.order', order=one.order_id)} · {one.store or one.store_id or '-'}"
        if one.cancelled_at:
            about += f" · {text('explain.uncounted.cancelled')}"
        yield at, 0, Row(at, "order", f"{moment(at, zone)} · {about}", tone)


def _emails(emails: Iterable[SeenEmail], zone: str) -> Iterable[_Event]:
    for one in emails:
        at = one.sent_at or one.due_at
        ladder = f"ladder.{one.delivery}" if one.sent_at and one.delivery else f"state.{one.state}"
        words = f"{text('deliveries.kind.' + one.kind)} ({one.rule_id}) · {text('deliveries.' + ladder)}"
        yield at, 1, Row(at, "email", f"{moment(at, zone)} · {words}", "sent" if one.sent_at else "planned")
        if one.kind == "reminder":
            continue
        if one.visited_at:
            yield one.visited_at, 2, Row(one.visited_at, "visit", _at(one.visited_at, zone, "visit"), "planned")
        if one.answered_at and one.score is not None:
            words = _at(one.answered_at, zone, "commented" if one.commented else "answer", score=one.score)
            yield one.answered_at, 2, Row(one.answered_at, "answer", words, "answer")


def _at(at: datetime, zone: str, what: str, **values: object) -> str:
    return f"{moment(at, zone)} · {text('explain.line.' + what, **values)}"


def around(told: Told, story: Story) -> Lifeline | None:
    """The window of one decision with its orders, and the time between two emails; None when nothing was counted."""
    decision = told.decision
    if decision.window_start is None:
        return None
    first, last = decision.window_start + 1, decision.day
    bands = [Band(first, last, 0, "window", _span("window", first, last))]
    why = dict(told.uncounted)
    marks = []
    for one in story.orders:
        at = one.fulfilled_at or one.ordered_at
        day = local_day(at, decision.zone or "UTC")
        if one.order_id in told.counted:
            marks.append(Mark(day, 0, "counted", _order_words(one, day, text("explain.page.counted_one"))))
        elif one.order_id in why and first - AROUND_DAYS <= day:
            reason = text(f"explain.uncounted.{why[one.order_id].replace(' ', '_')}")
            marks.append(Mark(day, 0, "left", _order_words(one, day, reason)))
    if decision.last_sent_day is not None:
        sent = decision.last_sent_day
        marks.append(Mark(sent, 1, "sent", f"{_day(sent)} · {text('explain.line.last_email')}"))
        if decision.cooldown_end is not None:
            bands.append(
                Band(sent, decision.cooldown_end - 1, 1, "cooldown", _span("cooldown", sent, decision.cooldown_end))
            )
    if decision.planned_at is not None:
        day = local_day(decision.planned_at, decision.zone or "UTC")
        tone = "planned" if decision.reasons else "sent"
        marks.append(Mark(day, 1, tone, f"{_day(day)} · {text('explain.line.planned')}"))
    lanes = [text("explain.lane.orders"), text("explain.lane.emails")]
    return lifeline(lanes, bands, marks)


def counted_rows(told: Told, story: Story) -> tuple[tuple[Row, ...], int]:
    """The orders of one decision, the counted ones first, with why not of those near; and how many are far before."""
    why, zone = dict(told.uncounted), told.decision.zone or "UTC"
    start = told.decision.window_start or 0
    rows, far = [], 0
    for one in story.orders:
        day = local_day(one.fulfilled_at or one.ordered_at, zone)
        if one.order_id in told.counted:
            rows.append(Row(date.fromordinal(day), one.order_id, text("explain.page.counted_one"), "counted"))
        elif one.order_id in why and day <= start - AROUND_DAYS:
            far += 1
        elif one.order_id in why:
            reason = text(f"explain.uncounted.{why[one.order_id].replace(' ', '_')}")
            rows.append(Row(date.fromordinal(day), one.order_id, reason, "left"))
    return tuple(sorted(rows, key=lambda row: (row.tone != "counted", str(row.at)))), far


def _order_words(one: SeenOrder, day: int, words: str) -> str:
    return f"{_day(day)} · {text('explain.line.order', order=one.order_id)} · {words}"


def _span(what: str, first: int, last: int) -> str:
    return text(f"explain.line.{what}", first=_day(first), last=_day(last))


def _day(day: int) -> str:
    return day_said(date.fromordinal(day), "medium")
