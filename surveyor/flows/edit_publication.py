"""What a brand says of its public reviews: whether it publishes, how long that takes, where else one may speak."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from surveyor.core.destinations import Site
from surveyor.core.quoting import french
from surveyor.core.reviews import KEEP_MONTHS_AT_MOST, PUBLISH_DAYS_AT_MOST
from surveyor.db import audit, review_settings, stores
from surveyor.db.review_settings import Publication
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows.manage_users import Actor

SITES_AT_MOST = 50


def edit_publication(
    sessions: Any, brand_id: str, given: Mapping[str, str], *, by: Actor, now: datetime
) -> Publication:
    """Change what is given: enabled (0 or 1), publish_days, keep_months, sites (one a line: name | address | store).

    Raises NotFound for no such brand, Refused with everything that is wrong.
    """
    with sessions.begin() as session:
        before = review_settings.of_brand(session, brand_id)
        if before is None:
            raise NotFound("brand")
        complaints: list[Complaint] = []
        known = stores.names(session).stores
        after = replace(
            before,
            enabled=given.get("enabled", "1" if before.enabled else "0") == "1",
            publish_days=_whole(given, "publish_days", before.publish_days, PUBLISH_DAYS_AT_MOST, complaints),
            keep_months=_whole(given, "keep_months", before.keep_months, KEEP_MONTHS_AT_MOST, complaints),
            sites=_sites(given["sites"], known, complaints) if "sites" in given else before.sites,
        )
        if complaints:
            raise Refused(complaints)
        if after == before:
            return before
        review_settings.save(session, after, now=now)
        states = (_said(before), _said(after))
        entry = audit.Entry(
            by.name, "publication.edited", f"brand:{brand_id}", *states, "", by.ip_prefix, by.request_id
        )
        audit.append(session, entry, now=now)
    return after


def lines_of(sites: Any) -> str:
    """Sites as they are typed."""
    return "\n".join(" | ".join(part for part in (one.name, one.url, one.store) if part) for one in sites)


def _sites(text: str, known: Mapping[str, str], complaints: list[Complaint]) -> tuple[Site, ...]:
    found = []
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > SITES_AT_MOST:
        fr, en = f"{SITES_AT_MOST} sites au plus.", f"At most {SITES_AT_MOST} sites."
        complaints.append(Complaint("sites", "list_too_long", fr, en))
    for number, line in enumerate(lines[:SITES_AT_MOST], 1):
        name, url, store = [part.strip() for part in [*line.split("|"), "", ""][:3]]
        address = urlsplit(url)
        if not name or address.scheme != "https" or not address.hostname or address.username or " " in url:
            complaints.append(_bad_site(number))
        elif store and store not in known:
            complaints.append(_no_store(number, store))
        else:
            found.append(Site(name[:80], url, store))
    return tuple(found)


def _whole(given: Mapping[str, str], name: str, before: int, most: int, complaints: list[Complaint]) -> int:
    text = given.get(name)
    if text is None:
        return before
    if text.isascii() and text.isdigit() and 1 <= int(text) <= most:
        return int(text)
    fr, en = f"Un nombre entier de 1 à {most}.", f"A whole number from 1 to {most}."
    complaints.append(Complaint(name, "field_value", fr, en))
    return before


def _said(one: Publication) -> dict[str, Any]:
    return {
        "enabled": one.enabled,
        "publish_days": one.publish_days,
        "keep_months": one.keep_months,
        "sites": [site.url for site in one.sites],
    }


def _bad_site(number: int) -> Complaint:
    fr = f"Site {number} : écrivez le nom, une barre, puis une adresse https : Google | https://g.page/r/…"
    en = f"Site {number}: write the name, a bar, then an https address: Google | https://g.page/r/…"
    return Complaint("sites", "site_invalid", french(fr), en)


def _no_store(number: int, store: str) -> Complaint:
    fr = f"Site {number} : le magasin {store[:40]} n'existe pas."
    en = f"Site {number}: store {store[:40]} does not exist."
    return Complaint("sites", "reference_unknown", french(fr), en)
