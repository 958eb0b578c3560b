"""Suppressions in and out as CSV, by address key or by address: from another tool, or to a new installation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from surveyor.core.tokens import AddressError, Keyring
from surveyor.db import audit, suppression_list, tallies
from surveyor.db.suppressions import suppress
from surveyor.flows.again import again
from surveyor.flows.manage_users import Actor
from surveyor.flows.send_emails.mailer import Journeys
from surveyor.flows.unsubscribe.oppose import oppose
from surveyor.ingest import separated

COLUMNS = ("address_key", "scope", "reason", "source", "created_at", "expires_at")
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Line:
    """One line that can be used: the address key, the word of the suppression, its end (None: never)."""

    number: int
    address_key: bytes
    reason: str
    until: datetime | None


@dataclass
class Imported:
    """What an import did. refused: line number and why, in words without the address."""

    new: int = 0
    known: int = 0
    over: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


def export_suppressions(sessions: Any, *, addresses: bool, by: Actor, now: datetime) -> Iterator[Sequence[str]]:
    """The header, then a row for each suppression in force, oldest first; `addresses` adds those that are known.

    Written to the audit chain first: addresses leave the house.
    """
    with sessions.begin() as session:
        entry = audit.Entry(by.name, "suppressions.exported", "suppressions", None, {"addresses": addresses})
        audit.append(session, entry, now=now)
    yield (*COLUMNS, "address") if addresses else COLUMNS
    with sessions() as session:
        for one in suppression_list.export(session, now=now):
            until = one.expires_at.isoformat() if one.expires_at else ""
            row = (one.address_key.hex(), one.scope, one.reason, one.source, one.created_at.isoformat(), until)
            yield (*row, one.address) if addresses else row


def import_suppressions(
    sessions: Any, lines: Iterable[str], *, keys: Keyring, journeys: Journeys, by: Actor, now: datetime
) -> Imported:
    """Take lines with a header: `address` or `address_key`, and optionally `reason` (manual) and `expires_at`.

    Each suppression begins now: an email sent before it was imported broke no promise. The same file again changes
    nothing. A line that cannot be used is refused alone.

    Raises:
        ValueError: the header has neither `address` nor `address_key`.
    """
    done, chunk = Imported(), []
    for one in _lines(lines, keys, now, done):
        chunk.append(one)
        if len(chunk) == CHUNK:
            _keep(sessions, chunk, done, journeys, by, now)
            chunk = []
    _keep(sessions, chunk, done, journeys, by, now)
    with sessions.begin() as session:
        counts = {"new": done.new, "known": done.known, "over": done.over, "refused": len(done.refused)}
        audit.append(session, audit.Entry(by.name, "suppressions.imported", "suppressions", None, counts), now=now)
    return done


def _lines(lines: Iterable[str], keys: Keyring, now: datetime, done: Imported) -> Iterator[Line]:
    reader, before = separated.table(lines)
    names = {name.strip().lower() for name in reader.fieldnames or ()}
    if not names & {"address", "address_key"}:
        raise ValueError("the first line names its columns: address or address_key, reason, expires_at")
    for row in reader:
        number = reader.line_num + before
        given = {
            (name or "").strip().lower(): (value or "").strip()
            for name, value in row.items()
            if not isinstance(value, list)
        }
        try:
            one = _line(number, given, keys)
        except ValueError as wrong:
            done.refused.append((number, str(wrong)))
            continue
        if one.until is not None and one.until <= now:
            done.over += 1
        else:
            yield one


def _line(number: int, given: dict[str, str], keys: Keyring) -> Line:
    reason = given.get("reason") or "manual"
    if reason not in suppression_list.REASONS:
        raise ValueError(f"reason: expected one of {', '.join(suppression_list.REASONS)}")
    until = None
    if given.get("expires_at"):
        try:
            until = datetime.fromisoformat(given["expires_at"])
        except ValueError:
            until = None
        if until is None or until.tzinfo is None:
            raise ValueError("expires_at: expected an instant with its offset, such as 2026-11-20T00:00:00+01:00")
    return Line(number, _key(given, keys), reason, until)


def _key(given: dict[str, str], keys: Keyring) -> bytes:
    if given.get("address_key"):
        try:
            key = bytes.fromhex(given["address_key"])
        except ValueError:
            key = b""
        if len(key) != 32:
            raise ValueError("address_key: expected 64 hexadecimal digits")
        return key
    try:
        return keys.address_key(given.get("address", ""))
    except AddressError:
        raise ValueError("address: not one usable address") from None


def _keep(sessions: Any, chunk: Sequence[Line], done: Imported, journeys: Journeys, by: Actor, now: datetime) -> None:
    """One transaction a chunk: a kill leaves whole chunks, and the file is imported again."""

    def once() -> list[bool]:
        found, deltas = [], []
        with sessions.begin() as session:
            for one in sorted(chunk, key=lambda one: one.address_key):
                source = f"import:{by.name}"
                if one.until is None:
                    new, more = oppose(session, one.address_key, one.reason, source=source, journeys=journeys, now=now)
                    deltas += more
                else:
                    new = suppress(session, one.address_key, one.reason, source=source, now=now, until=one.until)
                found.append(new)
            tallies.add(session, deltas)
        return found

    if chunk:
        new = again(once)
        done.new += sum(new)
        done.known += len(new) - sum(new)
