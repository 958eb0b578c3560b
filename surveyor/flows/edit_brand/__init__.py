"""Change what customers see of a brand, in its next email and on its next page; every step is kept with its author."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from email.utils import parseaddr
from typing import Any

from surveyor.core.brands import Brand, Sender, check_brand, check_sender
from surveyor.core.brands.check import domain_of
from surveyor.core.colours import colour
from surveyor.db import audit, brands, mail_health
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows.manage_users import Actor

LOGO_PATH = "/logo/"
#: What the form of a brand says: field -> attribute; colours and sender have rules of their own.
TEXTS = ("name", "postal_address", "legal_fr", "legal_en", "privacy_fr", "privacy_en")
COLOURS = ("accent", "ground")


def add_brand(sessions: Any, *, brand_id: str, name: str, by: Actor, now: datetime) -> None:
    """A brand that no order has named yet. Refused: 422 when its words are wrong or its id is taken."""
    brand = Brand(brand_id, name)
    wrong = check_brand(brand)
    if wrong:
        raise Refused(wrong)
    with sessions.begin() as session:
        if brands.find(session, brand_id) is not None:
            fr, en = f"L'enseigne {brand_id[:40]} existe déjà.", f"The brand {brand_id[:40]} exists already."
            raise Refused([Complaint("id", "duplicate", fr, en)])
        write(session, None, brand, by=by, now=now)


def edit_brand(sessions: Any, *, brand_id: str, changes: Mapping[str, str], by: Actor, now: datetime) -> None:
    """Change texts and colours of a brand; what `changes` does not name stays. Refused: 422, everything that is wrong.

    A colour is "" for our own.
    """

    def changed(brand: Brand) -> Brand:
        texts: dict[str, Any] = {name: changes[name] for name in TEXTS if name in changes}
        colours = dict(brand.colours) | {name: changes[name] for name in COLOURS if name in changes}
        made = replace(brand, **texts, colours={name: value for name, value in colours.items() if value})
        wrong = check_brand(made)
        if wrong:
            raise Refused(wrong)
        return replace(made, colours={name: colour(value) or value for name, value in made.colours.items()})

    _change(sessions, brand_id, changed, by=by, now=now)


def set_sender(sessions: Any, *, brand_id: str, sender: Sender, default: str | None, by: Actor, now: datetime) -> None:
    """Who signs the emails of a brand from now on; an empty sender: the one of the settings, `default`.

    default None: an operator says it on the machine, which is what verifies a domain; elsewhere only a domain that
    was verified so may be used (S32). Refused: 422 `sender_unverified` and what else is wrong.
    """
    with sessions() as session:
        domains = None if default is None else verified_domains(session, default)
    wrong = check_sender(sender, domains=domains)
    if wrong:
        raise Refused(wrong)
    _change(sessions, brand_id, lambda brand: replace(brand, sender=sender), by=by, now=now)


def set_logo(sessions: Any, *, brand_id: str, raw: bytes, by: Actor, now: datetime) -> int:
    """The picture of a brand, drawn again by us (picture.py); how many bytes it has. Empty `raw`: no picture."""
    if not raw:
        _change(sessions, brand_id, lambda brand: replace(brand, logo=""), by=by, now=now)
        return 0
    from surveyor.flows.edit_brand.picture import drawn_again  # noqa: PLC0415 - brings the library of pictures

    name, body = drawn_again(raw)
    with sessions.begin() as session:
        before = _found(session, brand_id)
        brands.keep_logo(session, name, body, now=now)
        write(session, before, replace(before, logo=LOGO_PATH + name), by=by, now=now)
    return len(body)


def verified_domains(session: Any, default: str) -> set[str]:
    """The domains that emails may come from: of SURVEYOR_FROM, and of the senders that the host declared."""
    known = [parseaddr(default)[1], *(str(one["address"]) for one in mail_health.senders(session))]
    return {domain_of(address) for address in known if "@" in address}


def _change(sessions: Any, brand_id: str, change: Callable[[Brand], Brand], *, by: Actor, now: datetime) -> None:
    with sessions.begin() as session:
        before = _found(session, brand_id)
        write(session, before, change(before), by=by, now=now)


def _found(session: Any, brand_id: str) -> Brand:
    found = brands.find(session, brand_id, lock=True)
    if found is None:
        raise NotFound("brand")
    return found


def write(session: Any, before: Brand | None, after: Brand, *, by: Actor, now: datetime) -> None:
    """The next version and its line in the audit chain, which names fields and no value: those are in the version."""
    if before == after:
        return
    if before is not None and not brands.versions(session, before.id):
        brands.save(session, before, author="", now=now)  # what orders and files had made of it
    n = brands.save(session, after, author=by.name, now=now)
    names = [name for name in Brand.__slots__ if before is None or getattr(before, name) != getattr(after, name)]
    said: Any = {"version": n, "fields": names}
    former: Any = None if before is None else {"version": n - 1}
    action = "brand.added" if before is None else "brand.edited"
    entry = audit.Entry(by.name, action, f"brand:{after.id}", former, said, "", by.ip_prefix, by.request_id)
    audit.append(session, entry, now=now)
