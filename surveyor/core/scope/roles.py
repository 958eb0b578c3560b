"""What each role may do with each noun: the one table in front of every screen, list and export (security.md, 2)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Action = Literal["read", "write"]


class Role(StrEnum):
    """One per person; the scopes a person holds are beside it."""

    ADMIN = "admin"
    CX = "cx"
    MARKETING = "marketing"
    REGION_MANAGER = "region_manager"
    STORE_MANAGER = "store_manager"
    SUPPORT = "support"


ROLES = tuple(Role)


class Noun(StrEnum):
    """What is acted upon: one row of the table each."""

    ADMINISTRATION = "administration"
    ORGANISATION = "organisation"
    RULES = "rules"
    SURVEYS = "surveys"
    INDICATORS = "indicators"
    SUBSCRIPTIONS = "subscriptions"
    RESPONSES = "responses"
    IDENTITY = "identity"
    CASES = "cases"
    LABELS = "labels"
    PUBLICATION = "publication"
    SUPPRESSIONS = "suppressions"
    SUPPRESSION_LIFT = "suppression_lift"
    EXPORT = "export"
    EXPORT_IDENTITY = "export_identity"
    SENDING_PAUSE = "sending_pause"
    SENDING_RELEASE = "sending_release"
    AUDIT = "audit"


#: Columns: admin, cx, marketing, region manager, store manager, support. R read, W read and write, s only inside the
#: scope, m identity masked, † step-up, "-" nothing; a word limits the cell further (`Access.limit`).
TABLE: dict[Noun, tuple[str, str, str, str, str, str]] = {
    Noun.ADMINISTRATION: ("W†", "R", "-", "-", "-", "-"),
    Noun.ORGANISATION: ("W", "W", "R", "R s", "R s", "R"),
    Noun.RULES: ("W", "W", "R", "R words", "R words", "R"),
    Noun.SURVEYS: ("W", "W", "R", "R", "R", "R"),
    Noun.INDICATORS: ("R", "R", "R", "R s", "R s", "R"),
    Noun.SUBSCRIPTIONS: ("W", "W", "W own", "W s", "W own", "W own"),
    Noun.RESPONSES: ("R", "R", "R s", "R s", "R s", "R"),
    Noun.IDENTITY: ("R†", "R logged", "-", "R s m", "R s m", "R logged"),
    Noun.CASES: ("W", "W", "-", "W s", "W s", "W"),
    Noun.LABELS: ("W", "W", "R", "R s", "R s", "R"),
    Noun.PUBLICATION: ("W", "W", "W", "R s", "R s", "R"),
    Noun.SUPPRESSIONS: ("W", "W", "-", "W s m", "W s m", "W"),
    Noun.SUPPRESSION_LIFT: ("W†", "W†", "-", "-", "-", "-"),
    Noun.EXPORT: ("W", "W", "W s", "W s", "W s", "-"),
    Noun.EXPORT_IDENTITY: ("W†", "W†", "-", "-", "-", "W request"),
    Noun.SENDING_PAUSE: ("W", "W", "-", "-", "-", "-"),
    Noun.SENDING_RELEASE: ("W†", "W†", "-", "-", "-", "-"),
    Noun.AUDIT: ("R", "R changes", "-", "-", "-", "-"),
}

#: Nouns that the page names together with others of the same row.
SAME_ROW = {
    **dict.fromkeys(("users", "keys", "sources", "webhooks", "senders", "retention", "settings"), Noun.ADMINISTRATION),
    **dict.fromkeys(("brands", "regions", "segments", "stores", "goals"), Noun.ORGANISATION),
    **dict.fromkeys(("experiments", "replay"), Noun.RULES),
    **dict.fromkeys(("emails", "questionnaires"), Noun.SURVEYS),
    **dict.fromkeys(("reports", "tallies"), Noun.INDICATORS),
    **dict.fromkeys(("customers", "explain", "decisions"), Noun.IDENTITY),
    **dict.fromkeys(("replies",), Noun.CASES),
    **dict.fromkeys(("matrix", "benchmark", "reviews"), Noun.LABELS),
    **dict.fromkeys(("widgets",), Noun.PUBLICATION),
}


@dataclass(frozen=True, slots=True)
class Access:
    """The answer of the table.

    scoped: the cell itself is limited to the person's scopes. A person's scopes narrow every list and figure anyway,
    whatever this says. masked: identities are shown as `a•••@e•••.fr`. step_up: asks for the password again.
    limit: "" or what is left of the noun - "own" (one's own), "words" (rules told in words, not the file),
    "logged" (each read is written down), "request" (may only ask for it), "changes" (rules, texts and surveys only).
    """

    allowed: bool = False
    scoped: bool = False
    masked: bool = False
    step_up: bool = False
    limit: str = ""

    def __bool__(self) -> bool:
        return self.allowed


NO_ACCESS = Access()


def may(role: str, action: Action, kind: str) -> Access:
    """What `role` may do with `kind`: a `Noun` or a word of `SAME_ROW`. An unknown role may do nothing.

    Raises:
        KeyError: `kind` is none of them: a mistake of ours, never an answer.
    """
    row = TABLE[SAME_ROW[kind] if kind in SAME_ROW else _noun(kind)]
    return _read_cell(row[ROLES.index(Role(role))], action) if role in ROLES else NO_ACCESS


def _noun(kind: str) -> Noun:
    try:
        return Noun(kind)
    except ValueError:
        raise KeyError(kind) from None


def _read_cell(cell: str, action: Action) -> Access:
    letter, step_up, words = cell[0], "†" in cell, cell.split()[1:]
    if letter == "-" or (action == "write" and letter != "W"):
        return NO_ACCESS
    asks_again = step_up and (action == "write" or letter == "R")
    limit = next((word for word in words if word not in ("s", "m")), "")
    return Access(True, "s" in words, "m" in words, asks_again, limit)
