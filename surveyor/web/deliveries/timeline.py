"""The story of one email in the order of time: decision, attempts, looks, events, openings, answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from surveyor.db.email_story import EmailStory

#: What is good, what is not, what only says something.
_TONES = {"accepted": "scheduled", "not_accepted": "suppressed", "unknown": "suppressed"}
_GOOD = frozenset({"delivered", "queued", "opened", "clicked", "subscribed"})
_BAD = frozenset({"bounced_hard", "bounced_soft", "rejected", "complained", "unsubscribed", "deferred"})


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened. title: a key of the texts, filled with `values`; detail: words of a provider or ours."""

    at: datetime
    title: str
    tone: str = ""
    detail: str = ""
    values: dict[str, Any] = field(default_factory=dict)


#: Verdicts on a doubt (flows/settle_doubts) and how they look.
_VERDICTS = {"wait": "", "ask": "suppressed", "sent": "scheduled", "pending": "", "dropped": "suppressed"}


def timeline(story: EmailStory) -> list[Moment]:
    """Every moment, the earliest first; what happened at one instant stays in the order of the line."""
    return sorted(_moments(story), key=lambda one: one.at)


def _moments(story: EmailStory) -> Iterator[Moment]:
    for decision in story.decisions:
        about = {"rule": decision.rule_id, "version": decision.rule_version}
        yield Moment(decision.decided_at, f"decision_{decision.verdict.lower()}", "", "", about)
    if story.invitation is not None:
        yield Moment(story.invitation.created_at, "invited", values={"due": story.invitation.due_at})
    for attempt in story.attempts:
        about = {"n": attempt.n, "provider": attempt.provider}
        yield Moment(attempt.intent_at, "intent", "", "", about)
        if attempt.settled_at is not None:
            tone = _TONES.get(attempt.outcome, "")
            yield Moment(attempt.settled_at, f"outcome_{attempt.outcome}", tone, attempt.evidence or "", about)
    for look in story.looks:
        yield _look(look.at, look.found)
    for event in story.events:
        yield _event(event)
    for visit in story.visits:
        automatic = visit.prefetch or visit.method == "HEAD"
        yield Moment(visit.at, "prefetched" if automatic else "visited", "" if automatic else "scheduled")
    for answer in story.answers:
        kind = "answered" if answer.clean else "answer_held"
        yield Moment(answer.at, kind, "scheduled" if answer.clean else "suppressed", "", {"score": answer.score})


def _look(at: datetime, found: str) -> Moment:
    """A look at a doubt: its verdict in the reader's words, what it stands on as it was noted."""
    if found == "link opened":
        return Moment(at, "look_opened", "scheduled")
    verdict, _, said = found.partition(": ")
    if verdict not in _VERDICTS:
        return Moment(at, "look", "", found)
    return Moment(at, f"look_{verdict}", _VERDICTS[verdict], said.removeprefix("nothing heard").removeprefix("; "))


def _event(event: Any) -> Moment:
    said = event.detail if isinstance(event.detail, dict) else {}
    kind = event.kind if event.kind in _GOOD | _BAD else "other"
    words = [said.get(name, "") for name in ("bounce_class", "status", "reject_reason", "mta_response", "word")]
    detail = " · ".join(str(word) for word in words if word)
    if event.matched_by == "address":
        kind = f"{kind}_guessed" if kind in _BAD else "other"
    tone = "scheduled" if kind in _GOOD else "suppressed" if kind in _BAD else ""
    title = "event_guessed" if kind.endswith("_guessed") else f"event_{kind}"
    return Moment(event.at, title, tone, detail, {"provider": event.provider, "word": event.kind})
