"""From the facts of a claimed email to its message: which text, which links, signed by whom; the build of step 6."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import parseaddr
from functools import lru_cache
from typing import Any
from uuid import UUID

from surveyor.core.calendar import iso_day, local_day
from surveyor.core.reports.lines import lines_of
from surveyor.core.reports.report import Kept
from surveyor.core.reviews import Ground
from surveyor.core.surveys.standard import DEFAULT_SURVEY, STANDARD_SURVEYS
from surveyor.core.surveys.survey import Survey
from surveyor.core.templates.fields import REPLIES
from surveyor.core.tokens import Keyring, Purpose
from surveyor.db.cases import Reply
from surveyor.db.emails import EmailFacts
from surveyor.db.notices import Notice
from surveyor.flows.send_account_link import path_of
from surveyor.flows.tell_grave import GRAVE
from surveyor.flows.tell_proposals import ENDED, WAITS
from surveyor.mail.build import BuildError, EnvelopeFacts, build_email
from surveyor.mail.message import Message
from surveyor.mail.published import PublishedEmail
from surveyor.mail.tinted import tinted

Values = dict[str, dict[str, str]]
REPORTS = frozenset({"express", "voice"})
#: Emails about texts that wait for a second person.
#: Emails about no account of their reader's: the page that each leads to.
PAGES = {**dict.fromkeys((WAITS, *ENDED.values()), "/approvals"), GRAVE: "/cases?why=severe"}
#: What an email about an account is signed with when SURVEYOR_FROM has no name.
NAMELESS = "surveyor"
#: Letters of a verbatim that a reply quotes.
MOST_QUOTED = 2000


def standard_survey(survey: str, _version: int) -> Survey:
    """The survey of this id among those that come with the product; the two questions when it is none of them."""
    found = STANDARD_SURVEYS.get(survey)
    return DEFAULT_SURVEY if found is None else found.survey


def no_seed(_email: UUID) -> bytes | None:
    """No email is about an account."""
    return None


def no_report(_email: UUID) -> Kept:
    """Nobody makes reports here."""
    raise BuildError("report")


def no_notice(_email: UUID) -> None:
    """No email is about a review."""
    return


def no_reply(_email: UUID) -> Reply | None:
    """No email is a reply."""
    return None


def no_version(_kind: str, _edition: int) -> Mapping[str, PublishedEmail]:
    """Nobody has published a text: those that come with the product are read."""
    return {}


@dataclass(frozen=True, slots=True)
class Composer:
    """Builds the emails of one installation: to customers, and about accounts; call it with the facts of an email.

    emails: the texts that come with the product by kind and language; published: those that replaced them, by
    language, of a kind at an edition. base_url: in front of every link. sender: the default one, with or
    without a name. language: for customers who say nothing ("fr" or "en"). surveys: (id, version) -> Survey.
    seeds: email -> what its link is made of, for accounts. reports: email -> what it tells its reader, made now.
    notices: email -> of what review. replies: email -> what a person wrote to a customer.
    wire: also make the bytes that SMTP and the outbox send.
    """

    emails: Mapping[tuple[str, str], PublishedEmail]
    keyring: Keyring
    base_url: str
    sender: str
    now: Callable[[], datetime]
    language: str = "fr"
    surveys: Callable[[str, int], Survey] = standard_survey
    seeds: Callable[[UUID], bytes | None] = no_seed
    wire: bool = True
    replies: Callable[[UUID], Reply | None] = no_reply
    published: Callable[[str, int], Mapping[str, PublishedEmail]] = no_version
    reports: Callable[[UUID], Kept] = no_report
    notices: Callable[[UUID], Notice | None] = no_notice

    def __call__(self, facts: EmailFacts) -> Message:
        """The message. BuildError (mail/build.py) when a text or a value is missing or unfit."""
        if facts.kind == "notice":
            return self._tell(facts)
        kept = self.reports(facts.email_id) if facts.kind in REPORTS else None
        if kept is not None:
            facts = replace(facts, language=kept.report.language)
        template = tinted(self._template(facts), facts.brand.colours)
        family = facts.kind.partition("-")[0]
        thread: tuple[str, ...] = ()
        if kept is not None:
            values = self._report(facts, kept, template.language)
        elif family == "reply":
            values, thread = self._reply(facts, template.language)
        else:
            account = family == "account"
            values = self._account(facts, template.language) if account else self._values(facts, template.language)
        envelope = self._envelope(facts, values, template.language)
        made = build_email(template, values, replace(envelope, thread=thread) if thread else envelope, wire=self.wire)
        return made if kept is None else replace(made, report=kept)

    def _template(self, facts: EmailFacts) -> PublishedEmail:
        """The text a rule names for its invitation, that of the kind for others; in a language it exists in."""
        name = facts.template if facts.kind == "invitation" and facts.template else facts.kind
        here = self.published(name, facts.template_version) if facts.template_version else {}
        for language in (facts.language, self.language, "fr", "en"):
            found = here.get(language) or self.emails.get((name, language))
            if found is not None:
                return found
        raise BuildError(f"no text {name}")

    def _tell(self, facts: EmailFacts) -> Message:
        """Why a review was refused: the store and the order are those of the review."""
        told = self.notices(facts.email_id)
        if told is None or not told.ground:
            raise BuildError("notice.reason")  # the review was judged again, or is gone
        facts = replace(facts, order_id=told.order_id, ordered_at=told.ordered_at, zone=told.zone)
        facts = replace(facts, language=told.language or facts.language, store=told.store, brand=told.brand)
        template = tinted(self._template(facts), facts.brand.colours)
        language = template.language
        day = "" if told.answered_on is None else told.answered_on.isoformat()
        values = self._customer(facts, language)
        values["response"] = {"score": str(told.score), "date": day, "verbatim": told.verbatim}
        values["notice"] = {"reason": Ground(told.ground).words(language)}
        return build_email(template, values, self._envelope(facts, values, language), wire=self.wire)

    def _customer(self, facts: EmailFacts, language: str) -> Values:
        """What every email to a customer knows."""
        unsubscribe = self._link("u", Purpose.UNSUBSCRIBE, facts.email_id, facts.key_id)
        return {
            "brand": self._brand(facts, language),
            "links": {"privacy": self._privacy(facts, language), "unsubscribe": unsubscribe},
            "customer": {"first_name": facts.first_name, "last_name": facts.last_name},
            "store": {"name": facts.store.name, "city": facts.store.city},
            "order": {"date": _day(facts.ordered_at or facts.due_at, facts.zone), "reference": facts.order_id},
        }

    def _values(self, facts: EmailFacts, language: str) -> Values:
        score = self.surveys(facts.survey, facts.questionnaire_version).score
        ends = (score.low.say(language) if score.low else "", score.high.say(language) if score.high else "")
        return {
            **self._customer(facts, language),
            "survey": {
                "url": self._survey_link(facts),
                "question": score.label.say(language, store=facts.store.name),
                "low": ends[0],
                "high": ends[1],
                "expires": self._expires(facts),
            },
        }

    def _reply(self, facts: EmailFacts, language: str) -> tuple[Values, tuple[str, ...]]:
        """What a person wrote, and the Message-IDs of the thread it continues."""
        said = self.replies(facts.email_id)
        if said is None:
            raise BuildError("reply.text")  # erased since
        values = self._values(facts, language)
        del values["survey"]
        followup = self._link("f", Purpose.FOLLOW_UP, said.case_id, said.key_id) if said.asks else ""
        values["links"]["followup"] = followup
        values["response"] = {
            "score": "" if said.score is None else str(said.score),
            "date": said.day.isoformat(),
            "verbatim": said.verbatim[:MOST_QUOTED],
        }
        parts = [one.strip() for one in said.text.split("\n\n") if one.strip()]
        parts = [*parts[:3], "\n\n".join(parts[3:])] + [""] * 3
        values["reply"] = {
            "text": said.text,
            **dict(zip(("first", "second", "third", "rest"), parts, strict=False)),
            "author": said.author,
        }
        values["notice"] = {"reason": ""}
        domain = self._envelope(facts, values, language).sender.rpartition("@")[2]
        return values, tuple(f"<{one.hex}@{domain}>" if one else key for one, key in said.thread)

    def _account(self, facts: EmailFacts, language: str) -> Values:
        return {
            "brand": self._brand(facts, language),
            "links": {"privacy": self._privacy(facts, language), "action": self._action(facts)},
            "user": {"name": facts.first_name},
        }

    def _action(self, facts: EmailFacts) -> str:
        """The page that an email about an account leads to, else a link of its own."""
        if facts.kind in PAGES:
            return self.base_url + PAGES[facts.kind]
        seed = self.seeds(facts.email_id)
        if seed is None:
            raise BuildError("links.action")  # the link was used, or another ended it
        try:
            return self.base_url + path_of(self.keyring, seed, facts.key_id)
        except KeyError:
            raise self._gone(facts.key_id) from None

    def _report(self, facts: EmailFacts, kept: Kept, language: str) -> Values:
        inbox = f"{self.base_url}/cases"
        waiting = kept.report.section("todo").quotes
        replies = {
            name: (f"{inbox}/{waiting[n].case}" if waiting[n].case else inbox) if n < len(waiting) else ""
            for n, name in enumerate(REPLIES)
        }
        return {
            "brand": self._brand(facts, language),
            "links": {
                "privacy": self._privacy(facts, language),
                "action": f"{self.base_url}/reports/sent/{facts.email_id.hex}",
                "preferences": f"{self.base_url}/reports/subscriptions",
                **({"reply": inbox, **replies} if kept.report.kind == "express" else {}),
            },
            "user": {"name": facts.first_name},
            "report": lines_of(kept.report),
        }

    def _brand(self, facts: EmailFacts, language: str) -> dict[str, str]:
        logo = facts.brand.logo_url
        return {
            "name": facts.brand.name or _named(self.sender)[0] or facts.store.name or NAMELESS,
            "address": facts.brand.postal_address,
            "legal": facts.brand.legal(language),
            "logo_url": self.base_url + logo if logo.startswith("/") else "",  # a picture of another host is none
        }

    def _privacy(self, facts: EmailFacts, language: str) -> str:
        return facts.brand.privacy(language) or f"{self.base_url}/privacy"

    def _expires(self, facts: EmailFacts) -> str:
        """The last local day of the link: as the invitation says, else counted from today, the day it leaves."""
        if facts.link_expires_at is not None:
            return _day(facts.link_expires_at - timedelta(microseconds=1), facts.zone)
        return _day(self.now() + timedelta(days=facts.response_window_days), facts.zone)

    def _survey_link(self, facts: EmailFacts) -> str:
        if facts.invitation_id is None:
            raise BuildError("survey.url")
        return self._link("s", Purpose.SURVEY, facts.invitation_id, facts.survey_key_id)

    def _link(self, path: str, purpose: str, row: Any, key_id: str) -> str:
        try:
            return f"{self.base_url}/{path}/{self.keyring.token(purpose, row, key_id)}"
        except KeyError:
            raise self._gone(key_id) from None

    def _gone(self, key_id: str) -> BuildError:
        return BuildError(f"the secret {key_id} has left SURVEYOR_SECRET_KEYS")

    def _envelope(self, facts: EmailFacts, values: Values, language: str) -> EnvelopeFacts:
        verified: Mapping[str, Any] = facts.store.sender or facts.brand.sender
        name, address = _named(self.sender)
        sender = str(verified.get("address") or address)
        return EnvelopeFacts(
            email_id=facts.email_id,
            attempt=facts.attempt,
            kind=facts.kind,
            to_address=facts.address,
            to_name=f"{facts.first_name} {facts.last_name}".strip()[:80],
            date=self.now(),
            sender=sender,
            sender_name=str(verified.get("name") or name or values["brand"]["name"]),
            reply_to=str(verified.get("reply_to") or sender),  # email.md 1: every email says where answers go
            rule=facts.rule_id,
            store=facts.store.id,
            sender_id=str(verified.get("sender_id") or "surveyor"),
            unsubscribe_url=values["links"].get("unsubscribe", ""),
            return_path_domain=str(verified.get("return_path") or ""),
            language=language,
        )


@lru_cache(maxsize=16)
def _named(sender: str) -> tuple[str, str]:
    """Name and address of the default sender: read once, not with each email."""
    return parseaddr(sender)


def _day(instant: datetime, zone: str) -> str:
    """The local date of an instant, as YYYY-MM-DD."""
    return iso_day(local_day(instant, zone or "UTC")) or ""
