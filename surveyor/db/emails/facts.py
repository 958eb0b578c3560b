"""What an email is built from: read with the claim for its whole group, no transaction open while building."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from surveyor.core.brands import in_language
from surveyor.db.emails.claim import Claimed
from surveyor.db.emails.follow import rule_of
from surveyor.db.plain import Reading, Statement, ids_full, ids_lite, reading


@dataclass(frozen=True, slots=True)
class BrandFacts:
    """The name an email is signed with. `sender`: address, name, reply_to, return_path, sender_id, as far as known."""

    id: str = ""
    name: str = ""
    postal_address: str = ""
    privacy_url: str = ""
    logo_url: str = ""
    colours: Mapping[str, Any] = field(default_factory=dict, hash=False)
    sender: Mapping[str, Any] = field(default_factory=dict, hash=False)
    legal_fr: str = ""
    legal_en: str = ""
    privacy_url_en: str = ""

    def legal(self, language: str) -> str:
        """The legal line in a language; a brand that has only one says that one."""
        return in_language(self.legal_fr, self.legal_en, language)

    def privacy(self, language: str) -> str:
        """The address of its own notice in a language, likewise; "" when it has none."""
        return in_language(self.privacy_url, self.privacy_url_en, language)


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """The store of the order an email is about."""

    id: str = ""
    name: str = ""
    city: str = ""
    sender: Mapping[str, Any] = field(default_factory=dict, hash=False)


#: Who signs: a store and its brand, by store id.
Signed = dict[str, tuple[StoreFacts, BrandFacts]]


@dataclass(slots=True)  # frozen, it costs three times as much to make, for every email
class EmailFacts:
    """One claimed email as its builder sees it; texts are "" and instants None when there is nothing to say.

    attempt: number of the hand-over to come, from 1. key_id: secret of the unsubscribe token (row: the email).
    survey_key_id: secret of the survey token (row: the invitation). name: first and last, as the source wrote them.
    ordered_at, zone: the order that triggered the invitation, and the store's zone for its local date.
    template_version: edition of the texts to build it with, 0 for those that come with the product.
    link_expires_at: when the survey link ends, None before the first email left; response_window_days: then counted.
    """

    email_id: UUID
    kind: str
    attempt: int
    key_id: str
    due_at: datetime
    address: str
    first_name: str
    last_name: str
    language: str
    invitation_id: UUID | None = None
    survey_key_id: str = ""
    rule_id: str = ""
    template: str = ""
    survey: str = ""
    questionnaire_version: int = 0
    template_version: int | None = None
    order_id: str = ""
    ordered_at: datetime | None = None
    zone: str = ""
    link_expires_at: datetime | None = None
    response_window_days: int = 30
    store: StoreFacts = StoreFacts()
    brand: BrandFacts = BrandFacts()


_CUSTOMERS_TEXT = "SELECT id, email, first_name, last_name, language FROM customers WHERE id {}"
_USERS_TEXT = "SELECT id, email, name, '', language FROM users WHERE id {}"
_INVITATIONS_TEXT = (
    "SELECT i.id, i.key_id, i.rule_id, i.snapshot, i.survey, i.questionnaire_version, i.template_version, "
    "i.order_id, i.zone, i.language, i.store_id, i.expires_at, COALESCE(o.fulfilled_at, o.ordered_at) "
    "FROM invitations i LEFT JOIN orders o ON o.order_id = i.order_id WHERE i.id {}"
)
_IDS = ("IN (@)", "= ANY(CAST(%s AS uuid[]))")
_CUSTOMERS = Statement(*map(_CUSTOMERS_TEXT.format, _IDS))
_USERS = Statement(*map(_USERS_TEXT.format, _IDS))
_INVITATIONS = Statement(*map(_INVITATIONS_TEXT.format, _IDS))
_REPLIED_TEXT = (
    "SELECT e.email_id, c.invitation_id FROM case_entries e JOIN cases c ON c.id = e.case_id "
    "WHERE c.invitation_id IS NOT NULL AND e.email_id {}"
)
_REPLIED = Statement(*map(_REPLIED_TEXT.format, _IDS))
_NOBODY = ("", "", "", "")
_UNSIGNED = (StoreFacts(), BrandFacts())


def facts(session: Session, emails: Sequence[Claimed], *, signed: Signed, edition: int = 0) -> dict[UUID, EmailFacts]:
    """The facts of these emails by id. An address or a name that was erased comes back empty.

    signed: who signs for which store, as far as the caller knows; completed with what was read. edition: of the texts
    for emails that were never built for a hand-over; the others keep theirs.
    """
    read = reading(session)
    readers = {
        **_rows(session, _CUSTOMERS, [email.customer_id for email in emails]),
        **_rows(session, _USERS, [email.user_id for email in emails]),
    }
    replied = _replied(session, emails)
    about = _rows(session, _INVITATIONS, [email.invitation_id or replied.get(email.id) for email in emails])
    unknown = {row[10] for row in about.values()} - signed.keys() - {""}
    if unknown:
        signed.update(_signed(session, unknown))
    about.update({email: about[of] for email, of in replied.items() if of in about})
    return {email.id: _facts(email, readers, about, (signed, edition), read) for email in emails}


def _replied(session: Session, emails: Sequence[Claimed]) -> dict[UUID, UUID]:
    """Email of a reply -> the invitation whose answer it replies to: the store that signs, the language, the order."""
    ids = [email.id for email in emails if email.kind == "reply"]
    if not ids:
        return {}
    ident = reading(session).id
    rows = _REPLIED.run(session, lite=[ids_lite(ids)], full=[ids_full(ids)])
    return {ident(row[0]): ident(row[1]) for row in rows}


def _rows(session: Session, statement: Statement, ids: Sequence[UUID | None]) -> dict[UUID, Any]:
    wanted = list(dict.fromkeys(one for one in ids if one is not None))
    if not wanted:
        return {}
    ident = reading(session).id
    return {ident(row[0]): row for row in statement.run(session, lite=[ids_lite(wanted)], full=[ids_full(wanted)])}


def _facts(
    email: Claimed, readers: Mapping[Any, Any], about: Mapping[Any, Any], now: tuple[Signed, int], read: Reading
) -> EmailFacts:
    _, address, first_name, last_name, language = readers.get(email.customer_id or email.user_id, (None, *_NOBODY))
    common = (email.id, email.kind, email.attempts + 1, email.key_id, email.due_at, address, first_name, last_name)
    signed, edition = now
    if email.template_version is not None:
        edition = email.template_version
    row = about.get(email.invitation_id or email.id)
    if row is None:
        return EmailFacts(*common, language, template_version=edition)
    rule = rule_of(row[3])
    store, brand = signed.get(row[10], _UNSIGNED)
    return EmailFacts(
        *common,
        row[9] or language,
        read.id(row[0]),
        row[1],
        row[2],
        rule.email,
        row[4],
        row[5],
        edition if row[6] is None or email.invitation_id is None else row[6],
        row[7],
        read.instant(row[12]),
        row[8],
        read.instant(row[11]),
        rule.response_window_days,
        store,
        brand,
    )


_SIGNED_TEXT = (
    "SELECT s.id, s.name, s.city, s.sender, b.id, b.name, b.postal_address, b.privacy_url, b.logo_url, b.colours, "
    "b.sender, b.legal_fr, b.legal_en, b.privacy_url_en FROM stores s LEFT JOIN brands b ON b.id = s.brand_id "
    "WHERE s.id {}"
)
_SIGNED = Statement(_SIGNED_TEXT.format("IN (@)"), _SIGNED_TEXT.format("= ANY(%s)"))


def signed_for(session: Session, store_id: str) -> tuple[StoreFacts, BrandFacts]:
    """Who signs an email about one store."""
    return _signed(session, {store_id})[store_id]


def _signed(session: Session, stores: set[str]) -> Signed:
    """Who signs the emails of each store: a few stores for many emails."""
    found: Signed = dict.fromkeys(stores, _UNSIGNED)
    listed = sorted(stores)
    for row in _SIGNED.run(session, lite=[listed], full=[listed]):
        store = StoreFacts(row[0], row[1], row[2], _plain(row[3]))
        brand = BrandFacts()
        if row[4] is not None:
            brand = _brand(row[4:14])
        found[row[0]] = (store, brand)
    return found


def _brand(row: Any) -> BrandFacts:
    ident, name, address, privacy, logo, colours, sender, *said = row
    return BrandFacts(ident, name, address, privacy, logo, _plain(colours), _plain(sender), *said)


def _plain(text: str | None) -> Mapping[str, Any]:
    return json.loads(text) or {} if text else {}
