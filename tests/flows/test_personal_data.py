"""A person with a canary in every column that can hold personal data: the copy shows it, the erasure leaves none."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from surveyor.core.data_map import MAP, emptied, kind_of
from surveyor.db.base import Base, new_id
from surveyor.flows.check_invariants import check_invariants
from surveyor.flows.export_customer import Copy, export_customer, page_of
from surveyor.flows.manage_users import HOST
from surveyor.jobs import desk
from surveyor.jobs.clock import Clock
from surveyor.services import Services
from tests.flows.orders import PARIS, at, event, record, use_rules
from tests.flows.test_erase_customer import ADDRESS, DUE, NAME, ask, everywhere, named, who
from tests.jobs.house import services

T = Base.metadata.tables
DAYS = (at("2026-01-05T17:00"), at("2026-01-19T18:30"))
#: The source's id stands there as part of a key, or the address: looked for by itself.
BY_NAME = {
    ("customers", "external_id"),
    ("customers", "email"),
    ("invitations", "dedupe_key"),
    ("customer_state", "state"),
}
#: Keys of a visitor for one day: nothing to read in them, emptied all the same.
KEYS = {("visits", "client_key"), ("response_revisions", "client_key"), ("review_reports", "client_key")}
#: What a carousel says is a copy of reviews, which are shown themselves; made again without them (test_reviews).
COPIES = {("widget_snapshots", "body")}
#: Why a batch could not be applied: our words, counted; emptied with its body.
OURS = {("provider_batches", "error")}


def test_every_column_of_every_table_is_in_the_data_map_and_nothing_else_is() -> None:
    columns = {(table.name, column.name) for table in T.values() for column in table.columns}
    assert {(t, c) for t, c in columns if kind_of(t, c) is None} == set()
    listed = {(t, c) for t, kinds in MAP.items() for said in kinds.values() if said != "*" for c in said.split()}
    assert listed - columns == set()
    assert MAP.keys() == {table.name for table in T.values()}


def test_the_data_map_of_the_documentation_names_every_column_that_is_emptied() -> None:
    text = (Path(__file__).parents[2] / "docs" / "privacy" / "data-map.md").read_text("utf-8")
    assert [f"{t}.{c}" for t, c in emptied() if f"`{t}.{c}`" not in text] == []


def canary(table: str, column: str) -> str:
    return f"canary-{table}-{column}".replace("_", "-")


@pytest.fixture
def house(sessions: Any, clock: Any, tmp_path: Path) -> Services:
    """Two customers with orders, a response each, and all that is said of their emails."""
    use_rules(sessions, '[[rule]]\nid = "std"\n')
    found = services(sessions, clock, tmp_path, mail_url=f"outbox://{tmp_path}/outbox")
    for customer, fields in ((NAME, named()), ("other", {"attributes": {"door": "4"}})):
        for n, day in enumerate(DAYS):
            record(sessions, event(f"{customer}-{n}", customer, day, **fields), now=day, keys=found.keyring)
    clock.set(DUE)
    Clock(found).heartbeat(DUE)
    assert desk.drain(found, desk.mailer(found)).sent == 2
    for customer in (NAME, "other"):
        seed(found, customer)
    new = tmp_path / "outbox" / "new"
    new.mkdir(parents=True)
    with sessions() as session:
        email = session.scalars(select(T["emails"].c.id).where(T["emails"].c.customer_id == who(sessions))).one()
    (new / f"{email.hex}.eml").write_text("Subject: canary\n\ncanary-file\n")
    (new / f"{email.hex}.json").write_text(json.dumps({"subject": "canary-subject", "envelope_to": ADDRESS}))
    return found


def seed(house: Services, customer: str) -> None:
    """What a provider, a form and a refused file left of a customer; of the first one with a canary in each."""
    mine = customer == NAME
    address = ADDRESS if mine else f"{customer}@example.org"

    def say(table: str, column: str) -> str:
        return f"{canary(table, column) if mine else 'quiet'} {address}"

    key = who(house.sessions, customer)
    with house.sessions.begin() as session:
        invitations, emails = T["invitations"].c, T["emails"].c
        invitation = session.scalars(select(invitations.id).where(invitations.customer_id == key)).one()
        email = session.scalars(select(emails.id).where(emails.customer_id == key)).one()
        case = None
        for table, rows in _left(customer, address, say).items():
            of = {"invitation_id": invitation} if "invitation_id" in T[table].c else {}
            of |= {"email_id": email} if "email_id" in T[table].c else {}
            of |= {"customer_id": key} if table in ("imported_responses", "cases", "case_entries") else {}
            of |= {"id": new_id(DUE)} if "id" in T[table].c else {}
            case = of["id"] if table == "cases" else case
            of |= {"case_id": case} if table == "case_entries" else {}
            session.execute(T[table].insert().values(**(of | rows)))
        _quote(session, email, invitation, say("report_quotes", "text"))
        evidence = {"evidence": say("send_attempts", "evidence")}
        session.execute(update(T["send_attempts"]).where(T["send_attempts"].c.email_id == email).values(**evidence))
        if mine:
            names = {name: canary("customers", name) for name in ("first_name", "last_name")}
            session.execute(update(T["customers"]).where(T["customers"].c.id == key).values(**names))
            told = {"door": canary("orders", "attributes")}
            session.execute(update(T["orders"]).where(T["orders"].c.customer_id == key).values(attributes=told))


def _quote(session: Any, email: Any, invitation: Any, said: str) -> None:
    """A report that quotes the person: its copy hangs on an email, whoever it went to."""
    user = new_id(DUE)
    session.execute(T["users"].insert().values(id=user, email=f"{user.hex}@example.fr", role="cx", created_at=DUE))
    copy = {"user_id": user, "kind": "voice", "edition": "store", "scope": "store:S1", "period": "2026-01"}
    key = {"email_id": email, "n": 1}
    values = copy | {"subject": "NPS +10", "quiet": False, "content": {}, "made_at": DUE}
    session.execute(T["report_copies"].insert().values(**key, **values))
    session.execute(T["report_quotes"].insert().values(**key, place=0, invitation_id=invitation, text=said))


def _left(customer: str, address: str, say: Callable[[str, str], str]) -> dict[str, dict[str, Any]]:
    revision = {"n": 1, "page": "p", "follows": "", "content_sha256": b"0" * 32, "score": 9, "clean": True, "at": DUE}
    body = json.dumps([{"email": address, "reason": say("provider_batches", "body")}]).encode()
    hook = f'{{"customer": {{"email": "{address}", "door": "{say("order_events", "body")}"}}'
    return {
        "response_revisions": {
            **revision,
            "answers": {"score": 9, "values": {}, "verbatim": say("response_revisions", "answers")},
            "verbatim": say("response_revisions", "verbatim"),
            "dwell_ms": 9000,
            "client_key": b"c" * 32,
        },
        "imported_responses": {
            "source": "past",
            "ref": f"past-{len(customer)}",
            "content_sha256": b"0" * 32,
            "store_id": "S1",
            "segment": "",
            "score": 3,
            "comment": say("imported_responses", "comment"),
            "answers": {"why": say("imported_responses", "answers")},
            "language": "",
            "answered_at": DUE,
            "day": DUE.date(),
            "imported_at": DUE,
        },
        "cases": {
            **dict.fromkeys(("opened_at", "answer_by", "network_by", "responded_at", "closed_at"), DUE),
            "store_id": "S1",
            "segment": "",
            "language": "fr",
            "score": 3,
            "commented": True,
            "day": DUE.date(),
            "status": "closed",
            "why": "score",
            "negative": "",
            "themes": "",
            "level": "store",
            "unread": False,
            "root_cause": "",
            "action": say("cases", "action"),
        },
        "case_entries": {
            "kind": "received",
            "at": DUE,
            "by": "customer",
            "detail": "",
            "public": False,
            "failed": "",
            "body": say("case_entries", "body"),
            "message_key": say("case_entries", "message_key"),
        },
        "visits": {"method": "GET", "at": DUE, "client_key": b"c" * 32, "prefetch": False, "navigated": True},
        "email_events": {
            "provider": "smtp",
            "fingerprint": str(len(customer)).encode().ljust(32),
            "matched_by": "email",
            "kind": "deferred",
            "at": DUE,
            "received_at": DUE,
            "detail": {"reason": say("email_events", "detail")},
        },
        "reviews": {
            "source": "survey",
            "revision": 1,
            "store_id": "S1",
            "state": "published",
            **dict.fromkeys(("deposited_at", "published_at", "received_at"), DUE),
            "experienced_on": DUE.date(),
            **{name: say("reviews", name) for name in ("author", "text", "reply")},
            **dict.fromkeys(("language", "decided_by", "ground"), ""),
            "masks": [],
        },
        "review_reports": {
            "at": DUE,
            **{name: say("review_reports", name) for name in ("reason", "finding")},
            **dict.fromkeys(("by", "closed_by"), ""),
            "client_key": b"c" * 32,
        },
        "doubt_checks": {"at": DUE, "found": say("doubt_checks", "found")},
        "provider_batches": {
            "provider": "sendgrid",
            "state": "failed",
            "tries": 1,
            "received_at": DUE,
            "body": body,
            "error": "1 failed" if customer == NAME else None,
        },
        "imports": {
            "sha256": str(len(customer)).encode().ljust(32),
            "source": "csv",
            "name": "orders.csv",
            "history": False,
            **dict.fromkeys(("line", "accepted", "duplicates", "conflicts", "rejected"), 0),
            "started_at": DUE,
            "first_refusals": [{"line": 3, "message": say("imports", "first_refusals")}],
        },
        "alerts": {
            "code": "event_unusable",
            "subject": str(len(customer)),
            "count": 1,
            "first_at": DUE,
            "last_at": DUE,
            "detail": say("alerts", "detail"),
        },
        "order_events": {
            "source": "tills",
            "event_id": f"hook:{len(customer)}",
            "tries": 1,
            "content_sha256": b"x" * 32,
            "state": "quarantined",
            "received_at": DUE,
            "body": hook,
            "error": say("order_events", "error"),
        },
    }


def copy_of(house: Services, customer: str = NAME) -> Copy:
    outbox = desk.outbox_folder(house.settings)
    return export_customer(house.sessions, who(house.sessions, customer), outbox=outbox, by=HOST, now=DUE)


def test_the_copy_shows_everything_that_is_kept_of_the_person_and_nothing_of_another(house: Services) -> None:
    plain = copy_of(house).plain()
    planted = {canary(table, column) for table, column in set(emptied()) - BY_NAME - KEYS - OURS - COPIES}
    for text in (json.dumps(plain, ensure_ascii=False), page_of(plain, "fr"), page_of(plain, "en")):
        assert {one for one in planted if one not in text} == set()
        assert [word for word in (ADDRESS, NAME, "canary-file") if word not in text] == []
        assert "other@example.org" not in text
    assert plain["tables"]["customers"][0]["external_id"] == NAME


def test_after_the_erasure_no_canary_is_left_anywhere_and_another_person_is_untouched(house: Services) -> None:
    before = copy_of(house, "other").plain()["tables"]
    customer = who(house.sessions)
    assert "canary" in everywhere(house.sessions)
    ask(house)
    Clock(house).erasures(DUE)
    said = everywhere(house.sessions).replace(f"{NAME}-0", "").replace(f"{NAME}-1", "")  # the numbers of the orders
    assert [word for word in ("canary", "canari", NAME) if word in said] == []
    assert list((desk.outbox_folder(house.settings) / "new").iterdir()) == []
    assert copy_of(house, "other").plain()["tables"] == before
    with house.sessions() as session:
        for table in ("visits", "response_revisions"):
            asked = T["invitations"].c
            keys = select(T[table].c.client_key).join(T["invitations"], asked.id == T[table].c.invitation_id)
            assert set(session.scalars(keys.where(asked.customer_id == customer))) == {bytes(32)}
    report = check_invariants(house.sessions, now=DUE + timedelta(minutes=1), defaults=PARIS)
    assert [one for one in report.findings if one.code == "E11"] == []


def test_e11_finds_an_erasure_that_was_not_finished_and_what_it_left(house: Services) -> None:
    ask(house)
    late = DUE + timedelta(minutes=16)
    assert "an erasure that was not done within 15 minutes" in broken(house, late)
    Clock(house).erasures(DUE)
    customers, orders = T["customers"], T["orders"]
    with house.sessions.begin() as session:
        erased = session.scalars(select(customers.c.id).where(customers.c.erased_at.is_not(None))).one()
        session.execute(update(customers).where(customers.c.id == erased).values(external_id=NAME))
        session.execute(update(orders).where(orders.c.customer_id == erased).values(attributes={"door": "4"}))
        session.execute(update(T["invitations"]).values(revoked_at=None))
    assert broken(house, late) == [
        "an erased person whom the source's id still names",
        "an erased person whose orders keep undeclared fields",
        "an erased person whose link still opens",
    ]


def broken(house: Services, now: Any) -> list[str]:
    """What E11 finds."""
    found = check_invariants(house.sessions, now=now, defaults=PARIS).findings
    return [one.what for one in found if one.code == "E11"]
