"""What a survey link comes to: the page, its end, a form that cannot be taken, or what was made of the one that was."""

from __future__ import annotations

from dataclasses import dataclass

from surveyor.core.responses import Answer
from surveyor.core.surveys import Survey
from surveyor.db.responses import Link
from surveyor.errors import Complaint


@dataclass(frozen=True, slots=True)
class Unknown:
    """No such link (404)."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The link has ended or was revoked (410)."""

    link: Link


@dataclass(frozen=True, slots=True)
class Stale:
    """The page the form came from is not one of this link, or is over 24 hours old (400). Nothing is stored."""

    link: Link
    survey: Survey
    nonce: str


@dataclass(frozen=True, slots=True)
class Invalid:
    """The form cannot be taken (422), and why. Nothing is stored."""

    link: Link
    survey: Survey
    complaints: tuple[Complaint, ...]
    nonce: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """The form was stored, or was known already. `answer`: thanks (303), one click more (200), come back (200).

    n: its number. follows, scores: what the next page follows and the scores it offers; `nonce` is that page's.
    """

    link: Link
    survey: Survey
    answer: Answer
    n: int
    follows: tuple[int, ...]
    scores: tuple[int, ...]
    nonce: str
    repeated: bool = False


Result = Unknown | Ended | Stale | Invalid | Recorded
