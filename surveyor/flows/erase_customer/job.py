"""The job of one erasure: read what names the person, empty it step by step, each step its own transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any
from uuid import UUID

from surveyor.core.surveys import Kind
from surveyor.core.tokens import Keyring
from surveyor.core.traces import Traces
from surveyor.db import audit, erasures, forget, kept_replays, memory, naming, persons, responses, reviews
from surveyor.db.erasures import ErasureRow
from surveyor.db.forget import Person
from surveyor.faults import fault
from surveyor.flows.again import again
from surveyor.mail.providers.outbox.folder import Outbox

JOB = "job"
#: Order events that came this long before identities went are looked at once more, under the lock.
AGAIN = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Means:
    """What an erasure needs of the installation. home: of the list of erasures; outbox: where emails are files."""

    keys: Keyring
    home: Path
    outbox: Path | None = None


def in_tx() -> None:
    """Inside a transaction of an erasure: here a test may kill it."""
    fault("erase.in_tx")


def erase(sessions: Any, one: ErasureRow, means: Means, *, now: datetime) -> bool:
    """Empty everything of one person; whether nothing is left. What cannot go yet goes with the next call."""
    with sessions() as session:
        who = forget.person(session, one.customer_id, one.address_key)
        bodies, addresses = _naming(naming.bodies(session, who.traces), who.traces)
        wide = _wider(who.traces, addresses)
        batches, left = _reported(session, wide, [email.hex for email in who.emails])
    emails = who.emails
    for ids in _cut(batches, 50):
        _step(sessions, one, partial(_empty, "provider_batches", forget.empty_batches, ids))
    _step(
        sessions,
        one,
        lambda session: {
            "responses": forget.empty_words(session, who.invitations, free_texts(session)),
            "imported_responses": forget.empty_imported(session, who.accounts),
            "reviews": reviews.forget(session, who.invitations),
            "cases": forget.empty_cases(session, who.accounts),
            "orders": forget.empty_orders(session, who.accounts),
            "provider_reports": forget.empty_reports(session, emails, wide),
            "notes": forget.empty_notes(session, wide),
        },
    )
    _step(sessions, one, _let_replays_go)
    for ids in _cut(bodies, naming.PAGE):
        _step(sessions, one, partial(_empty, "order_events", forget.empty_bodies, ids))
    _step(sessions, one, lambda session: _identity(session, one, wide, means, now))
    files, kept = _files(sessions, emails, means)
    done = not (left or kept)
    _step(sessions, one, lambda session: _end(session, one, files, done=done, now=now), done_at=now if done else None)
    return done


def _let_replays_go(session: Any) -> dict[str, int]:
    """Answers of the what-if name customers as examples; they are made again when somebody asks."""
    kept_replays.forget_all(session)
    return {}


def _empty(place: str, act: Callable[[Any, list[UUID]], int], ids: list[UUID], session: Any) -> dict[str, int]:
    return {place: act(session, ids)}


def _naming(rows: Iterable[Any], traces: Traces) -> tuple[list[UUID], set[str]]:
    """The payloads that name the person, and the addresses that theirs give."""
    found, addresses = [], set()
    for row in rows if traces else ():
        if traces.named_in(row.body) or (row.error and traces.addressed_in(row.error)):
            found.append(row.id)
            addresses |= traces.addresses_in(row.body)
    return found, addresses


def _wider(traces: Traces, addresses: Iterable[str]) -> Traces:
    more = {*traces.addresses, *addresses}
    return Traces(customers=traces.customers, orders=traces.orders, addresses=more)


def _reported(session: Any, traces: Traces, emails: Collection[str]) -> tuple[list[UUID], bool]:
    """The applied bodies of providers that name an address or bring an email back, whose words may name the person
    when its address is left out; and whether one that is not applied does."""
    found, left = [], False
    for row in naming.batches(session, traces, emails) if traces.addresses or emails else ():
        said = bytes(row.body).decode("utf-8", "replace")
        if traces.addressed_in(said) or any(email in said.lower() for email in emails):
            found.append(row.id)
            left = left or row.state == "new"
    return found, left


def _identity(session: Any, one: ErasureRow, traces: Traces, means: Means, now: datetime) -> dict[str, int]:
    """Names and addresses, in the table and in the memory of decisions; and the payloads that came meanwhile."""
    keys = [] if one.address_key is None else [one.address_key]
    states = persons.lock(session, customer_ids=[one.customer_id], address_keys=keys)
    who: Person = forget.person(session, one.customer_id, one.address_key)
    wide = _wider(who.traces, traces.addresses)
    late, _ = _naming(naming.bodies(session, wide, since=now - AGAIN), wide)
    counts = {"order_events": forget.empty_bodies(session, late)} if late else {}
    names = {key: (old, means.keys.erased_name(old)) for key, old in who.accounts.items()}
    changed = {key: pair for key, pair in names.items() if pair[0] != pair[1]}
    forget.rename(session, changed)
    by_name = dict(changed.values())
    rows = [
        (row.customer_id, forgetful(row, names[row.customer_id], by_name))
        for row in states
        if row.customer_id in names and row.state
    ]
    persons.save_states(session, rows, now=now)
    new = {key: pair[1] for key, pair in changed.items()}
    return counts | {"customers": forget.empty_identity(session, new, now=now)}


def forgetful(row: Any, pair: tuple[str, str], by_name: dict[str, str]) -> str:
    """A memory under another name: the keys of occurrences and what waits for the open invitation name customers."""
    known = row.address_key is not None
    account, since = memory.load(pair[0], row.state, email_known=known, segment=row.segment)
    if account.open is not None:
        account.open.key = forget.renamed_key(account.open.key, account.open.rule.id, *pair)
        account.open.blocked = [
            blocked._replace(customer_id=by_name.get(blocked.customer_id, blocked.customer_id))
            for blocked in account.open.blocked
        ]
    return memory.dump(account, since=since)


def _files(sessions: Any, emails: Iterable[UUID], means: Means) -> tuple[int, bool]:
    """Delete the files of emails; how many, and whether some stay because their hand-over is not settled."""
    if means.outbox is None:
        return 0, False
    with sessions() as session:
        held = set(forget.under_way(session, list(emails)))
    outbox = Outbox(means.outbox)
    return outbox.forget([one for one in emails if one not in held]), bool(held)


def _end(session: Any, one: ErasureRow, files: int, *, done: bool, now: datetime) -> dict[str, int]:
    if done:
        receipt = erasures.one(session, one.id)
        said = {} if receipt is None else dict(receipt.receipt)
        about = f"customer:{one.customer_id.hex}"
        audit.append(
            session, audit.Entry(JOB, "customer.erased", about, None, {"erasure": one.id.hex, **said}), now=now
        )
    return {"outbox_files": files}


def _step(
    sessions: Any, one: ErasureRow, act: Callable[[Any], dict[str, int]], *, done_at: datetime | None = None
) -> None:
    """One transaction, which also adds to the receipt what it emptied."""

    def once() -> None:
        with sessions.begin() as session:
            erasures.note(session, one.id, act(session), done_at=done_at)
            in_tx()

    again(once)


def free_texts(session: Any) -> Callable[[str, int], frozenset[str]]:
    """The questions of a survey version that take free text."""

    @cache
    def of(survey: str, version: int) -> frozenset[str]:
        questions = responses.survey_of(session, survey, version).questions
        return frozenset(question.id for question in questions if question.kind is Kind.TEXT)

    return of


def _cut(ids: list[UUID], size: int) -> Iterable[list[UUID]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
