"""The experiment of the demonstration: a shorter subject, declared, lived by half of the customers, then ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from surveyor.flows.manage_users import Actor
from surveyor.flows.plan_experiment import plan_experiment
from surveyor.flows.publish_rules import Draft, publish_rules, roll_back
from surveyor.jobs.timelapse import Act
from surveyor.services import Services
from surveyor.shipped import shipped
from surveyor.testing.demo.people import staff_id

RULE, NAME, SHORT = "drive", "objet-court", "invitation-short"
INES = "Inès Moreau"
#: Days before today: declared, first and last day, taken out of the rules. The last answer came long ago.
DECLARED, STARTS, ENDS, TAKEN_OUT = 175, 170, 75, 60
#: Response rates that its size was written down for.
RATES = (0.15, 0.195)
_BEFORE = "# --- L'ancienne règle"
_BLOCK = """# --- Expérience : un objet plus court donne-t-il plus de réponses ? ---------------------------------------
[rule.experiment]
name = "{name}"
starts = {starts}
ends = {ends}

[[rule.experiment.arm]]
name = "habituel"

[[rule.experiment.arm]]
name = "court"
email = "{email}"

"""


def with_trial(text: str, *, starts: date, ends: date) -> str:
    """The rules of the product with the experiment in the one that is in force."""
    block = _BLOCK.format(name=NAME, starts=starts, ends=ends, email=SHORT)
    head, mark, tail = text.partition(_BEFORE)
    return head + block + mark + tail


def acts(start: datetime, now: datetime, *, first: bool) -> Sequence[Act]:
    """What is published when; nothing in a life too short for it. first: of the part that keeps what all share."""
    if _at(now, DECLARED) <= start:
        return ()
    return (
        (_at(now, DECLARED), lambda services: _declare(services, now, first=first)),
        (_at(now, TAKEN_OUT), _take_out),
    )


def _at(now: datetime, days: int) -> datetime:
    """In the afternoon of a day: nobody is written to then, and no order comes between two minutes."""
    return (now - timedelta(days=days)).replace(hour=14, minute=20, second=30, microsecond=0)


def _declare(services: Services, now: datetime, *, first: bool) -> None:
    starts, ends = ((now - timedelta(days=ago)).date() for ago in (STARTS, ENDS))
    text = with_trial(shipped("rules.toml").read_text(encoding="utf-8"), starts=starts, ends=ends)
    at = services.now()
    publish_rules(services.sessions, _draft("Essayer un objet plus court : réponses en plus ?", text), now=at)
    if first:
        by = Actor(staff_id("ines.cx@demo.example").hex)
        plan_experiment(services.sessions, (RULE, NAME), rates=RATES, by=by, now=at, today=at.date())


def _take_out(services: Services) -> None:
    roll_back(
        services.sessions, 1, _draft("L'expérience est finie, ses réponses sont toutes arrivées."), now=services.now()
    )


def _draft(why: str, text: str = "") -> Draft:
    who = staff_id("ines.cx@demo.example").hex
    return Draft(text, INES, why, actor=who, accept_warnings=True)
