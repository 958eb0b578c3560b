"""What the template of a survey draws: questions, what was given, what is wrong; nothing personal is in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import g, request, url_for

from surveyor.core.brands import in_language
from surveyor.core.surveys import COMMENT_FIELD, SCORE_FIELD, Survey
from surveyor.db.responses import Link
from surveyor.errors import Complaint
from surveyor.web.here import services
from surveyor.web.language import language
from surveyor.web.public.look import PLAIN, Look, look_of
from surveyor.web.texts import LANGUAGES


@dataclass(frozen=True, slots=True)
class Page:
    """One page. `given`: field -> value to show again; `end`: the last day of the link."""

    action: str
    nonce: str
    survey: Survey
    store: str
    brand: str
    privacy_url: str
    order_day: date | None
    end: date | None
    look: Look = PLAIN
    given: dict[str, str] = field(default_factory=dict)
    complaints: tuple[Complaint, ...] = ()
    notice: str = ""
    alert: str = ""
    alert_code: str = ""
    alert_where: str = ""

    def wrong(self, name: str) -> bool:
        """Whether there is a complaint about a field."""
        return any(complaint.where == name for complaint in self.complaints)


def speak(link: Link) -> None:
    """The page is in the customer's language, unless its address asks for the other."""
    g.language = link.language or services().settings.language


def chosen_language() -> str | None:
    """The language that the address of this page asks for, to be handed on; None when it asks for none."""
    asked = request.args.get("lang", "")
    return asked if asked in LANGUAGES else None


def local_day(instant: datetime | None, link: Link) -> date | None:
    """The day of an instant where the store is."""
    return None if instant is None else instant.astimezone(ZoneInfo(link.zone)).date()


def base(token: str, link: Link, survey: Survey, nonce: str) -> dict[str, object]:
    """What every survey page has in common."""
    speak(link)
    spoken = language()
    privacy = in_language(link.privacy_url, link.look.privacy_en, spoken)
    return {
        "action": url_for("survey.record", token=token, lang=chosen_language()),
        "nonce": nonce,
        "survey": survey,
        "store": link.store_name or link.brand_name,
        "brand": link.brand_name,
        "privacy_url": privacy if privacy.startswith("https://") else "",
        "look": look_of(link.look, spoken),
        "order_day": link.order_day,
        "end": local_day(link.expires_at, link),
    }


def given_back(items: list[tuple[str, str]], survey: Survey) -> dict[str, str]:
    """What was typed, to be shown again: the fields of the survey, the first value of each."""
    known = {question.id for question in survey.questions}
    found: dict[str, str] = {}
    for name, value in items:
        if name in known:
            found.setdefault(name, value)
    return found


def given_before(answers: dict[str, object]) -> dict[str, str]:
    """Answers that stand, as the fields of their form."""
    values = answers.get("values")
    fields = {str(name): str(value) for name, value in values.items()} if isinstance(values, dict) else {}
    return {**fields, SCORE_FIELD: str(answers.get("score", "")), COMMENT_FIELD: str(answers.get("verbatim") or "")}
