"""Stores and customers out of files, declared before the first order names them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from surveyor.core.calendar import local_day, zone_of
from surveyor.db import customers, imported, persons, reference
from surveyor.db.base import new_id
from surveyor.db.customers import CustomerRow
from surveyor.errors import Complaint, Refused
from surveyor.flows.import_orders.batches import batches
from surveyor.flows.record_orders.reference import address_of
from surveyor.ingest import fields
from surveyor.ingest.files import Row, rows_of

_YES = frozenset({"1", "true", "yes", "oui", "vrai"})
_TEXTS = {"name": 200, "city": 200, "region_name": 200, "brand_name": 200, "language": 35}
_IDS = ("region", "brand", "segment")
_ABOUT = {"first_name": 200, "last_name": 200, "language": 35, "segment": 200}


@dataclass(slots=True)
class Declared:
    """What a file of reference data did. refused: the lines that were left out, with why."""

    added: int = 0
    changed: int = 0
    refused: list[Complaint] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Rehearsal:
    """Sessions whose transactions leave nothing."""

    sessions: Any

    @contextmanager
    def begin(self) -> Iterator[Any]:
        """A transaction that is rolled back."""
        with self.sessions() as session:
            yield session
            session.rollback()

    def __call__(self) -> Any:
        return self.sessions()


@dataclass(frozen=True, slots=True)
class _Rehearsed:
    """An installation for a dry run: everything is checked a thousand lines at a time, nothing stays."""

    settings: Any
    keyring: Any
    sessions: _Rehearsal


def rehearsed(services: Any) -> Any:
    """The same services for a dry run of `import_stores` or `import_customers`."""
    return _Rehearsed(services.settings, services.keyring, _Rehearsal(services.sessions))


def import_stores(services: Any, path: Path, *, encoding: str, now: datetime) -> Declared:
    """Declare the stores of a file: `store_id` (or `id`), `name`, `city`, `region`, `brand`, `segment`, `zone`,
    `language`, `excluded`, `opened_on`, `closed_on`, and `region_name`, `brand_name` for what they are called.

    A store that exists takes what the file says; a column that is absent or empty changes nothing.
    """
    settings = services.settings

    def read(content: Mapping[str, Any], line: int) -> dict[str, Any]:
        return _store(content, f"{line}:", zone=settings.time_zone, language=settings.language)

    def take(session: Any, rows: list[dict[str, Any]], found: Declared) -> None:
        known = reference.every_store(session)
        for row in rows:
            called = {kind: row.pop(f"{kind}_name", "") for kind in _IDS}
            named = {f"{kind}s": {row[f"{kind}_id"]: called[kind]} for kind in _IDS if row[f"{kind}_id"]}
            reference.name_all(session, now=now, **named)
            shop = known.get(row["id"])
            columns = row if shop is None else {name: value for name, value in row.items() if name in row["given"]}
            columns = {name: value for name, value in columns.items() if name != "given"} | {"id": row["id"]}
            day = date.fromordinal(local_day(now, row["zone"]))
            done = reference.declare_store(session, shop, columns, day=day, now=now)
            found.added += done == "added"
            found.changed += done == "changed"

    return over_lines(services, path, encoding, read, take)


def import_customers(services: Any, path: Path, *, encoding: str, now: datetime) -> Declared:
    """Declare the customers of a file: `customer_id`, `email`, `first_name`, `last_name`, `language`, `segment`,
    `acquisition_source` (where they came from, CUS-09).

    A customer who exists takes names, language and segment; an address changes with an order only, where the person
    that it makes of them is known.
    """

    def read(content: Mapping[str, Any], line: int) -> dict[str, Any]:
        found = {"id": fields.required(content.get("customer_id"), f"{line}:customer_id", limit=200)}
        found["email"] = fields.email(content.get("email"), f"{line}:email")
        about = {name: fields.text(content.get(name), f"{line}:{name}", limit=size) for name, size in _ABOUT.items()}
        where = f"{line}:acquisition_source"
        origin = fields.text(content.get("acquisition_source"), where, limit=200, identifier=True)
        return found | about | {"acquisition_source": origin}

    def take(session: Any, rows: list[dict[str, Any]], found: Declared) -> None:
        by_id = {row["id"]: row for row in rows}
        known = customers.by_external_id(session, by_id)
        fresh = [_customer(CustomerRow(new_id(now), name), by_id[name], services) for name in by_id.keys() - known]
        customers.add(session, fresh, now=now)
        stored = customers.by_external_id(session, [row.external_id for row in fresh])
        persons.make_states(session, [(row.id, row.address_key) for row in stored.values()], now=now)
        told = {name: row.with_news(**{key: by_id[name][key] for key in _ABOUT}) for name, row in known.items()}
        changed = [row for name, row in told.items() if row != known[name]]
        persons.lock(session, customer_ids={row.id for row in changed}, address_keys=())
        customers.save(session, changed)
        came = {one.id: by_id[name]["acquisition_source"] for name, one in (known | stored).items()}
        imported.keep_origins(session, {customer: origin for customer, origin in came.items() if origin}, now=now)
        segments = {row["segment"]: "" for row in rows if row["segment"]}
        reference.name_all(session, now=now, segments=segments)
        found.added += len(fresh)
        found.changed += len(changed)

    return over_lines(services, path, encoding, read, take)


def _customer(row: CustomerRow, said: Mapping[str, Any], services: Any) -> CustomerRow:
    key = address_of(said["email"], services.keyring)
    news = {name: said[name] for name in _ABOUT}
    return row.with_news(**news)._replace(email=said["email"] if key else "", address_key=key)


def over_lines(
    services: Any,
    path: Path,
    encoding: str,
    read: Callable[[Mapping[str, Any], int], dict[str, Any]],
    take: Callable[[Any, list[dict[str, Any]], Declared], None],
) -> Declared:
    """Every line of a file, a thousand a transaction; a bad one is left out and named."""
    found = Declared()
    try:
        for batch in batches(rows_of(path, encoding=encoding, columns=())):
            rows = list(_good(batch, read, found))
            if rows:
                with services.sessions.begin() as session:
                    take(session, rows, found)
    except Refused as refused:
        found.refused += refused.complaints
    return found


def _good(
    batch: list[Row], read: Callable[[Mapping[str, Any], int], dict[str, Any]], found: Declared
) -> Iterator[dict[str, Any]]:
    for row in batch:
        if isinstance(row.content, Complaint):
            found.refused.append(row.content)
            continue
        try:
            yield read(row.content, row.line)
        except Refused as refused:
            found.refused += refused.complaints


def _store(content: Mapping[str, Any], prefix: str, *, zone: str, language: str) -> dict[str, Any]:
    """The columns of one store; `given` names those that the line says."""
    written = next((name for name in ("store_id", "id") if content.get(name)), "store_id")
    said: dict[str, Any] = {"id": fields.required(content.get(written), prefix + written, limit=200)}
    said |= {name: fields.text(content.get(name), prefix + name, limit=size) for name, size in _TEXTS.items()}
    for name in _IDS:
        said[f"{name}_id"] = fields.text(content.get(name), prefix + name, limit=200, identifier=True)
    said["zone"] = next((str(content[name]) for name in ("zone", "tz", "time_zone") if content.get(name)), "")
    said["excluded"] = str(content.get("excluded", "")).strip().lower() in _YES
    said |= {name: fields.day(content.get(name), prefix + name) for name in ("opened_on", "closed_on")}
    given = {name for name, value in said.items() if value} | ({"excluded"} if content.get("excluded") else set())
    said["zone"], said["language"] = said["zone"] or zone, said["language"] or language
    _check_zone(said["zone"], prefix + "zone")
    return said | {"given": given}


def _check_zone(zone: str, where: str) -> None:
    try:
        zone_of(zone)
    except (KeyError, ValueError, OSError):
        fr, en = f"{where} : fuseau {zone[:40]} inconnu.", f"{where}: unknown time zone {zone[:40]}."
        hint_fr, hint_en = " Exemple : Europe/Paris.", " Example: Europe/Paris."
        raise Refused([Complaint(where, "zone_unknown", fr + hint_fr, en + hint_en)]) from None
