"""A customer's words on the way to the public: consent, moderation by a closed list of grounds, never by the score.

Nothing here takes a score (security.md, 6.6 and 6.7). Source of the duties: Code de la consommation, L111-7-2,
D111-16 to D111-19.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from surveyor.core.quoting import french
from surveyor.core.surveys import masked

#: What stands for a part that names somebody.
HIDDEN = "[…]"
PUBLISH_DAYS, PUBLISH_DAYS_AT_MOST = 7, 30
KEEP_MONTHS, KEEP_MONTHS_AT_MOST = 24, 24
#: Refusal rates of promoters and detractors further apart than this, in points, are a warning (6.7).
GAP_POINTS = 5.0


class State(StrEnum):
    """Where a review stands. EXTERNAL: it was published elsewhere, by others."""

    WAITING = "waiting"
    PUBLISHED = "published"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXTERNAL = "external"


class Ground(StrEnum):
    """Why a review may be refused: this list and no other, published with the reviews."""

    INSULT = "insult"
    PERSONAL_DATA = "personal_data"
    OFF_TOPIC = "off_topic"
    ADVERTISING = "advertising"
    UNREADABLE = "unreadable"
    NOT_LIVED = "not_lived"

    def words(self, language: str) -> str:
        """The ground in "fr" or English, as the author and the public read it."""
        said = _GROUNDS[self]
        return french(said[0]) if language == "fr" else said[1]


_GROUNDS = {
    Ground.INSULT: (
        "propos injurieux, menaçants ou contraires à la loi",
        "insulting or threatening words, or words against the law",
    ),
    Ground.PERSONAL_DATA: (
        "données personnelles d'un tiers qu'un masquage ne suffit pas à retirer",
        "personal data of somebody else that masking cannot remove",
    ),
    Ground.OFF_TOPIC: (
        "sans rapport avec la commande ou le magasin",
        "not about the order or the store",
    ),
    Ground.ADVERTISING: ("publicité ou lien vers un site", "advertising or a link to a site"),
    Ground.UNREADABLE: ("texte incompréhensible", "text that cannot be understood"),
    Ground.NOT_LIVED: (
        "expérience que l'auteur dit ne pas avoir vécue",
        "an experience that the author says they did not have",
    ),
}


def public_author(first_name: str, last_name: str, language: str) -> str:
    """First name and initial at most (S40): "Ana D."; "Client" or "Customer" without a first name."""
    first, last = first_name.split(), last_name.strip()
    if not first:
        return "Client" if language == "fr" else "Customer"
    initial = next((letter.upper() for letter in last if letter.isalpha()), "")
    return f"{first[0][:40]} {initial}." if initial else first[0][:40]


def shortened_author(name: str, language: str) -> str:
    """The same of a name that comes in one piece."""
    first, _, last = name.strip().partition(" ")
    return public_author(first, last.rpartition(" ")[2], language)


def public_text(text: str, masks: Sequence[Sequence[int]] = ()) -> str:
    """The text as it is published: whole, but for parts that name somebody, each shown as […].

    masks: [start, end) of parts that a person hid. What looks like an address, a telephone or a card number is hidden
    whether somebody saw it or not. Nothing else is ever changed.
    """
    parts, at = [], 0
    for start, end in merged(masks, len(text)):
        parts += [masked(text[at:start]), HIDDEN]
        at = end
    return "".join([*parts, masked(text[at:])])


def merged(masks: Sequence[Sequence[int]], length: int) -> list[tuple[int, int]]:
    """Parts inside a text of a length, in order, those that touch as one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted((max(0, int(a)), min(length, int(b))) for a, b in masks):
        if start >= end:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def places_of(part: str, text: str) -> list[tuple[int, int]]:
    """Every place of a part in a text, for a mask; none for an empty part."""
    found, at = [], text.find(part) if part else -1
    while at >= 0:
        found.append((at, at + len(part)))
        at = text.find(part, at + len(part))
    return found


def is_late(deposited_at: datetime, publish_days: int, now: datetime) -> bool:
    """Whether a review waits for longer than the brand says it takes."""
    return now - deposited_at > timedelta(days=publish_days)


def refusal_gap(refused: tuple[int, int], detractors_refused: tuple[int, int]) -> float | None:
    """Points between the refusal rate of detractors' reviews and that of the others; None when either has none.

    Both are (refused, judged).
    """
    if not refused[1] or not detractors_refused[1]:
        return None
    return 100 * (detractors_refused[0] / detractors_refused[1] - refused[0] / refused[1])
