"""What an email may say of a customer, a store, an order: the names each kind of email knows."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from surveyor.core.templates.report_fields import EXPRESS, VOICE

_ALL = {"brand": ("name", "address", "legal", "logo_url"), "links": ("privacy",)}
_CUSTOMER = {
    "brand": _ALL["brand"],
    "links": ("privacy", "unsubscribe"),
    "customer": ("first_name", "last_name"),
    "store": ("name", "city"),
    "order": ("date", "reference"),
}
_SURVEY = {**_CUSTOMER, "survey": ("url", "question", "low", "high", "expires")}
_ANSWER = {
    **_CUSTOMER,
    "response": ("score", "date", "verbatim"),
    "reply": ("text", "first", "second", "third", "rest", "author"),
    "notice": ("reason",),
}
_REPLY = {**_ANSWER, "links": ("privacy", "unsubscribe", "followup")}
_USER = {"brand": _ALL["brand"], "links": ("privacy", "action"), "user": ("name",)}
_REPORT = {**_USER, "report": ("period", "scope")}
#: Where each of the reviews that wait is answered.
REPLIES = ("reply_one", "reply_two", "reply_three", "reply_four", "reply_five")
_READER = {**_USER, "links": ("privacy", "action", "preferences")}

#: kind (its first word) -> object -> fields. Every value is a plain string when the email is built.
FIELDS: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "invitation": _SURVEY,
        "reminder": _SURVEY,
        "reply": _REPLY,
        "notice": _ANSWER,
        "account": _USER,
        "alert": _REPORT,
        "express": {**_READER, "links": (*_READER["links"], "reply", *REPLIES), "report": EXPRESS},
        "voice": {**_READER, "report": VOICE},
    }
)

#: Fields that hold an address: the only ones an `href` or a `src` may be.
LINK_FIELDS = frozenset(
    {"survey.url", "links.unsubscribe", "links.privacy", "links.action", "links.preferences", "links.followup"}
    | {f"links.{name}" for name in ("reply", *REPLIES)}
)
IMAGE_FIELDS = frozenset({"brand.logo_url"})


def fields(kind: str) -> Mapping[str, tuple[str, ...]]:
    """The objects and fields of a kind of email, by its first word; KeyError for an unknown kind."""
    return FIELDS[kind.partition("-")[0]]


def required(kind: str) -> tuple[tuple[str, ...], ...]:
    """What both bodies must hold outside of any condition: groups of which one is enough."""
    family = kind.partition("-")[0]
    if family in ("invitation", "reminder"):
        return (("survey.url", "sv-scores"), ("links.unsubscribe",))
    if family == "account":
        return (("links.action",),)
    if family in ("express", "voice"):
        return (("links.action",), ("links.preferences",))
    return (("links.unsubscribe",),) if family in ("reply", "notice") else ()
