"""What is asked of the indicators: which of them, of which stores and days, cut by what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from surveyor.core.custscore_formula import OURS, Formula
from surveyor.core.indicators import Indicator
from surveyor.core.periods import Period
from surveyor.core.quoting import french
from surveyor.core.scope import Reach, Scope
from surveyor.errors import Complaint, Refused
from surveyor.flows.keep_counts import Keeper

By = Literal["day", "week", "month", "store", "brand", "region", "segment", "rule"]
Source = Literal["email", "import", "all"]
SOURCES: tuple[Source, ...] = ("email", "import", "all")
Answers = Literal["all", "last"]
ANSWERS: tuple[Answers, ...] = ("all", "last")
#: What has another day than its own too (D1): what is made of scores and comments may be counted by the day on which
#: the email was sent, and response rates by that of the answer: those that came in the period, over its emails.
OTHER_DAY: Mapping[str, frozenset[str]] = {
    "sent": frozenset({"nps", "shares", "recommendation_rate", "mean_score", "comment_rate", "responses"}),
    "response": frozenset({"response_rate", "response_rate_sent", "completion_rate"}),
}
#: What may be asked of the last answer of each customer alone: figures made of scores.
OF_LAST = frozenset({"nps", "shares", "recommendation_rate", "mean_score"})
#: What the API's refusal lists, word for word that of the written cases; a brand is taken as well.
LISTED: tuple[By, ...] = ("day", "week", "month", "store", "region", "segment", "rule")
BYS: tuple[By, ...] = (*LISTED, "brand")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. `reach` is `scope` within what the reader may see; `today` is the reader's local date.

    source: whose answers count; those of files are out of every score unless asked for (indicators.md, 3).
    dated: the day that is asked for; what has another own day and is not of `OTHER_DAY` is left out. "": their own.
    answers: "last": of each customer the last one of the period in these scopes alone (indicators.md, 1.2).

    delivery_events: whether the provider says what was delivered; zone: of the days of orders without a store.
    now: for what waits for a reply; None: the first instant of `today`. formula: of the CustScore, until one is saved.
    keeper: what was counted of many people and rows within a day; None: everything is counted now.
    """

    indicators: tuple[Indicator, ...]
    scope: Scope
    reach: Reach
    period: Period
    today: date
    language: str = "fr"
    by: By | None = None
    delivery_events: bool = True
    zone: str = "Europe/Paris"
    source: Source = "email"
    answers: Answers = "all"
    dated: str = ""
    now: datetime | None = None
    formula: Formula = OURS
    keeper: Keeper | None = None


def by_day(indicators: Sequence[Indicator], day: str) -> tuple[tuple[Indicator, ...], tuple[Indicator, ...]]:
    """Those whose own day is asked for ("": any), and those that may be counted by it all the same."""
    own = tuple(one for one in indicators if not day or one.day == day)
    return own, tuple(one for one in indicators if one not in own and one.key in OTHER_DAY.get(day, ()))


def refuse_not_of_last(indicators: Sequence[Indicator], by: str, source: str, *, where: str = "?answers") -> None:
    """Raise Refused (`filter_value`) for what the last answer of each customer cannot be asked for."""
    for entry in indicators:
        if entry.key not in OF_LAST or by or source != "email":
            fr = f"{where} : la dernière réponse de chaque client se compte pour {', '.join(sorted(OF_LAST))}, "
            fr += "un périmètre et une période, sans découpage ni réponses importées."
            en = f"{where}: the last answer of each customer is counted for {', '.join(sorted(OF_LAST))}, "
            en += "one scope and period, neither cut nor with imported answers."
            raise Refused([Complaint(where, "filter_value", french(fr), en)])


def refuse_uncuttable(indicators: Sequence[Indicator], by: str, *, where: str = "?by") -> None:
    """Raise Refused (`filter_value`) for an indicator that cannot be cut so: people counted once are never added."""
    for entry in indicators:
        if by and by in entry.not_by:
            fr = f"{where} : {entry.key} se compte pour un périmètre et une période, sans découpage par {by}."
            en = f"{where}: {entry.key} is counted for one scope and period, and is not cut by {by}."
            raise Refused([Complaint(where, "filter_value", french(fr), en)])
