"""What pages and reports print is what the rows say, counted here one by one after some weeks by the real flows."""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from surveyor.app import create_app
from surveyor.core import intervals
from surveyor.core.periods import Period
from surveyor.core.rounding import display_interval, display_nps, display_rate, largest_remainder
from surveyor.db.tables.decisions import DecisionRow
from surveyor.db.tables.emails import Email
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.responses import Response
from surveyor.flows.manage_users import HOST, NewUser, add_user
from tests.flows.orders import at
from tests.flows.town import ACTS, RARE, REGIONS, Town
from tests.jobs.house import services
from tests.web.conftest import browser
from tests.web.test_dashboard import text_of

LIFE = 330
PERIODS = ("2026-02", "2026-03", "2026-02-02..2026-03-31", "2026-02-16..2026-03-01")
PLACES: dict[str, tuple[str, ...]] = {"": tuple(REGIONS), "region:nord": ("S0", "S1"), "store:S0": ("S0",)}
ARRIVED = {"delivered", "complained"}


@dataclass
class Row:
    """One decision with all that followed: nothing of it comes from a tally."""

    decision: Any
    invitation: Any
    email: Any
    response: Any

    @property
    def delivered(self) -> bool:
        """The ladder says so, or somebody proved it by coming."""
        return self.email.delivery in ARRIVED or self.visited or self.answered

    @property
    def visited(self) -> bool:
        """Somebody opened the page."""
        return self.invitation.visited_at is not None

    @property
    def answered(self) -> bool:
        """A score stands."""
        return self.response is not None and self.response.score is not None


@dataclass
class Kept:
    """The rows of a filter, by the three days that they belong to."""

    decided: list[Row]
    sent: list[Row]
    scored: list[Row]


@pytest.fixture
def town(sqlite_sessions: Any, clock: Any, tmp_path: Path) -> Town:
    clock.set(at("2026-02-02T08:00"))
    made = Town(services(sqlite_sessions, clock, tmp_path, mail_url=f"outbox://{tmp_path}/outbox"), clock)
    made.found()
    draw = random.Random(11)
    for _ in range(LIFE):
        made.act(draw.choice((*ACTS, *ACTS, *RARE)), draw.randrange(10_000))
    made.act("quiet", 0)
    return made


def test_pages_print_what_the_rows_say(town: Town) -> None:
    app = create_app(town.house)
    user = NewUser("cx@example.fr", "cx", ("network",), language="en")
    person = browser(app, town.house, add_user(town.sessions, user=user, by=HOST, now=town.clock()))
    rows = every(town.sessions)
    seen: Counter[str] = Counter()
    for period in PERIODS:
        for place, stores in PLACES.items():
            for segment in ("", "drive"):
                kept = keep(rows, Period.parse(period, town.clock().date()), stores, segment)
                query = f"?period={period}&scope={place}&segment={segment}&by=store"
                said = text_of(person.get("/" + query))
                seen += overview(kept, said)
                flow(kept, text_of(person.get("/funnel" + query)))
                rates(kept, text_of(person.get("/response-rate" + query)))
                reports(person, kept, period, place, segment)
    assert seen["nps"] > 3
    assert seen["stores"] > 20


def every(sessions: Any) -> list[Row]:
    """Every decision, joined to what it led to by what the rows name."""
    with sessions() as session:
        emails = {one.invitation_id: one for one in session.scalars(select(Email).where(Email.kind == "invitation"))}
        responses = {one.invitation_id: one for one in session.scalars(select(Response))}
        asked = {(one.order_id, one.rule_id): one for one in session.scalars(select(Invitation))}
        found = []
        for one in session.scalars(select(DecisionRow).where(DecisionRow.verdict != "NOT_ELIGIBLE")):
            invitation = asked.get((one.order_id, one.rule_id)) if one.verdict == "SCHEDULED" else None
            response = responses.get(invitation.id) if invitation is not None else None
            email = emails.get(invitation.id) if invitation is not None else None
            found.append(Row(one, invitation, email, response))
        session.expunge_all()
    return found


def keep(rows: list[Row], period: Period, stores: tuple[str, ...], segment: str) -> Kept:
    here = [one for one in rows if one.decision.store_id in stores and (not segment or one.decision.segment == segment)]
    went = [one for one in here if one.invitation is not None and one.invitation.state == "sent"]
    return Kept(
        [one for one in here if one.decision.day in period],
        [one for one in went if one.invitation.sent_day in period],
        [one for one in here if one.answered and one.response.day in period],
    )


def bands(rows: list[Row]) -> tuple[int, int, int]:
    scores = [one.response.score for one in rows]
    low = sum(score <= 6 for score in scores)
    high = sum(score >= 9 for score in scores)
    return high, len(scores) - high - low, low


def nps_words(rows: list[Row]) -> tuple[str, str] | None:
    """The score and its interval as a page has them; None under ten answers."""
    counts, n = bands(rows), len(rows)
    if n < 10:
        return None
    people = len({one.invitation.address_key for one in rows})
    weight = people / n if 5 * n > 6 * people else 1
    low, high = intervals.nps_interval((counts[0] * weight, counts[1] * weight, counts[2] * weight))
    return tuple(one.replace("-", "\u2212") for one in (display_nps(*counts), display_interval(low, high)))  # type: ignore[return-value]


def overview(kept: Kept, said: str) -> Counter[str]:
    n, counts, words = len(kept.scored), bands(kept.scored), nps_words(kept.scored)
    seen: Counter[str] = Counter()
    if words is not None:
        seen["nps"] += 1
        assert f"{words[0]} 95% interval {words[1]} {n} answer" in said
        whole = largest_remainder(counts)
        for name, share, count in zip(
            ("Promoters (9-10)", "Passives (7-8)", "Detractors (0-6)"), whole, counts, strict=True
        ):
            assert f"{name} {share}% {count} " in said
        scores = Counter(one.response.score for one in kept.scored)
        for score in range(11):
            assert re.search(rf"Score {score}: {scores[score]} answer", said)
    elif n:
        assert f"not enough answers ({n}/10)" in said
    responded, delivered = sum(one.answered for one in kept.sent), sum(one.delivered for one in kept.sent)
    if delivered:
        assert f"Response rate {display_rate(responded, delivered, 'en')}" in said
    commented = sum(one.response.commented for one in kept.scored)  # an erasure empties the words, not the count
    if n:
        assert f"Comment rate {display_rate(commented, n, 'en')}" in said
    steps(kept, said)
    table = said.partition("Answers Change Response rate")[2]
    for store in {one.decision.store_id for one in kept.scored}:
        mine = [one for one in kept.scored if one.decision.store_id == store]
        sent = [one for one in kept.sent if one.decision.store_id == store]
        told = nps_words(mine)
        start = f"{store} {told[0]} {told[1]}" if told is not None else f"{store} - -"
        rate = display_rate(sum(one.answered for one in sent), sum(one.delivered for one in sent), "en")
        assert re.search(rf"{re.escape(start)} {len(mine)} .*?{re.escape(rate)} ", table), (store, start)
        seen["stores"] += 1
    return seen


def steps(kept: Kept, said: str) -> None:
    """The stages of the funnel with their counts."""
    hits = len(kept.decided)
    if not hits and not kept.sent:
        return
    scheduled = [one for one in kept.decided if one.invitation is not None]
    ends = Counter(one.invitation.state for one in scheduled)
    expected = {"Refused": hits - len(scheduled), "Scheduled": len(scheduled), "Went out": ends["sent"]}
    expected |= {"Sent": len(kept.sent), "Delivered": sum(one.delivered for one in kept.sent)}
    expected |= {"Responded": sum(one.answered for one in kept.sent)}
    expected |= {"Visited": sum(one.visited for one in kept.sent)}
    for name, count in expected.items():
        assert re.search(rf"\b{name} {count}\b", said), (name, count)


def flow(kept: Kept, said: str) -> None:
    steps(kept, said)
    reasons = Counter(one.decision.reason for one in kept.decided if one.invitation is None)
    if reasons["COOLDOWN"]:
        assert f"Asked recently {reasons['COOLDOWN']}" in said


def rates(kept: Kept, said: str) -> None:
    sent, delivered = len(kept.sent), sum(one.delivered for one in kept.sent)
    responded = sum(one.answered for one in kept.sent)
    if sent:
        assert f"{sent} sent · {delivered} delivered · {responded} answer" in said
        assert f"Response rate on sent {display_rate(responded, sent, 'en')}" in said
    for store in {one.decision.store_id for one in kept.sent}:
        mine = [one for one in kept.sent if one.decision.store_id == store]
        k, n = sum(one.answered for one in mine), sum(one.delivered for one in mine)
        assert f"{store} {len(mine)} {n} {k} {display_rate(k, n, 'en')}" in said


def reports(person: Any, kept: Kept, period: str, place: str, segment: str) -> None:
    """La voix du client of a month, on its page."""
    if not re.fullmatch(r"\d{4}-\d\d", period) or date.fromisoformat(f"{period}-01") >= date(2026, 3, 1):
        return
    said = text_of(person.get(f"/reports/voice?period={period}&scope={place}&segment={segment}")).replace("\xa0", " ")
    n, words = len(kept.scored), nps_words(kept.scored)
    if words is not None:
        plain = [one.replace("\u2212", "-") for one in words]
        assert f"NPS of the month: {plain[0]} {plain[1]}, {n} answer" in said
    handled = sum(one.response.commented and one.response.score <= 6 for one in kept.scored)
    if handled:
        assert f"Detractors handled within 48 hours: 0 of {handled}." in said
