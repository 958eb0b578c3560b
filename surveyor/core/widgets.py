"""What a badge and a carousel say on a brand's own site: from figures and published reviews to a snapshot (S40).

The badge counts every response of its period; neither of them knows an order by score.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from surveyor.core.quoting import french, shown
from surveyor.errors import Complaint

#: Responses from which a score is shown, reviews from which a carousel has any, and how many it holds.
SCORE_FROM, REVIEWS_FROM, REVIEWS_AT_MOST = 10, 5, 12
#: The period of a score: the days before today.
DAYS = 365
ORIGINS_AT_MOST = 20
_ORIGIN = re.compile(r"(https?)://([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9-]{1,63}){0,8})(:[0-9]{1,5})?")
_LOOPBACK = ("localhost", "127.0.0.1")


class WidgetKind(StrEnum):
    """What a widget shows."""

    BADGE = "badge"
    CAROUSEL = "carousel"

    @property
    def height(self) -> int:
        """Of its frame, in pixels."""
        return 132 if self is WidgetKind.BADGE else 380


@dataclass(frozen=True, slots=True)
class Card:
    """A published review as the public reads it; days are ISO dates."""

    id: str
    author: str
    text: str
    score: int
    store: str
    experienced_on: str
    published_on: str
    reply: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a widget says. score: "8,6/10", "" under 10 responses. n: responses of the period, every one of them."""

    kind: str
    language: str
    name: str
    score: str
    interval: str
    n: int
    first_day: str
    last_day: str
    cards: tuple[Card, ...] = ()
    reviews: int = 0

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def snapshot(
    kind: WidgetKind,
    language: str,
    name: str,
    figure: tuple[str, str, int],
    days: tuple[date, date],
    cards: Sequence[Card],
) -> Snapshot:
    """What a widget says of a figure (value, interval, n) and of reviews, the newest first; too few of them: none.

    days: the first and the last of the period.
    """
    value, interval, n = figure
    enough = n >= SCORE_FROM
    shown_cards = tuple(cards[:REVIEWS_AT_MOST]) if kind is WidgetKind.CAROUSEL and len(cards) >= REVIEWS_FROM else ()
    return Snapshot(
        kind=kind,
        language=language,
        name=name,
        score=value if enough else "",
        interval=interval if enough else "",
        n=n,
        first_day=days[0].isoformat(),
        last_day=days[1].isoformat(),
        cards=shown_cards,
        reviews=len(cards),
    )


def origins_of(text: str) -> tuple[tuple[str, ...], list[Complaint]]:
    """Whole origins out of a text (one a line, or with commas or blanks between), and what is wrong with the others.

    `https` only, but for loopback names, where a page is tried out. Codes: `origin_invalid`, `list_too_long`.
    """
    given = [one for one in re.split(r"[\s,;]+", text) if one]
    good: list[str] = []
    wrong: list[str] = []
    for one in given:
        (good if is_origin(one.lower()) else wrong).append(one)
    complaints = [_not_an_origin(one) for one in wrong]
    if len(good) > ORIGINS_AT_MOST:
        fr = f"Origines : {len(good)}, {ORIGINS_AT_MOST} au plus."
        complaints.append(
            Complaint("origins", "list_too_long", french(fr), f"Origins: {len(good)}, at most {ORIGINS_AT_MOST}.")
        )
    return tuple(dict.fromkeys(one.lower() for one in good)), complaints


def is_origin(text: str) -> bool:
    """Whether a text is one origin, in lower case: scheme and host, a port when it is not the usual one."""
    found = _ORIGIN.fullmatch(text)
    if found is None or (found[3] and not 0 < int(found[3][1:]) < 65536):
        return False
    return found[1] == "https" or found[2] in _LOOPBACK


def _not_an_origin(given: str) -> Complaint:
    said = shown(given)
    return Complaint(
        "origins",
        "origin_invalid",
        french(f"Origines : {said}. Donnez des origines entières, par exemple https://www.enseigne.fr."),
        f"Origins: {said}. Give whole origins, for example https://www.brand.com.",
    )


def framed_by(origins: Sequence[str]) -> str:
    """Who may frame a widget, as a policy says it."""
    return " ".join(origins) or "'none'"


def seen_from(referrer: str, origins: Sequence[str]) -> str:
    """Which of a widget's origins a page that shows it belongs to, as far as its browser says; "" for none."""
    found = re.match(r"https?://[^/?#]+", referrer.lower())
    return found[0] if found is not None and found[0] in origins else ""
