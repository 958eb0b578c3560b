"""Suppressions out to a file and in from one: the same addresses, and nothing twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from surveyor.db.suppressions import suppress
from surveyor.db.tables.emails import Email
from surveyor.db.tables.suppressions import Suppression
from surveyor.flows.manage_users import HOST
from surveyor.flows.move_suppressions import COLUMNS, Imported, export_suppressions, import_suppressions
from tests.databases import ON_SQLITE
from tests.flows.sending import KEYRING, NOW, Free, open_network, row, schedule


@pytest.fixture
def network(sessions: Any) -> Any:
    open_network(sessions)
    return sessions


def take(sessions: Any, *lines: str) -> Imported:
    return import_suppressions(sessions, lines, keys=KEYRING, journeys=Free(), by=HOST, now=NOW)


def rows(sessions: Any) -> set[tuple[str, str, Any]]:
    with sessions() as session:
        return {(one.address_key.hex(), one.reason, one.expires_at) for one in session.scalars(select(Suppression))}


def test_what_is_exported_is_imported_again(network: Any) -> None:
    zoe = schedule(network, address="zoe@example.org")
    with network.begin() as session:
        suppress(session, zoe.address_key, "complained", source="event:sendgrid", now=NOW)
        suppress(session, b"k" * 32, "bounced_soft", source="x", now=NOW, until=NOW + timedelta(days=3))
    held = rows(network)
    with network.begin() as session:
        suppress(session, b"o" * 32, "paused", source="x", now=NOW, until=NOW)
    head, *lines = export_suppressions(network, addresses=True, by=HOST, now=NOW)
    assert tuple(head) == (*COLUMNS, "address")
    assert {line[-1] for line in lines} == {"zoe@example.org", ""}
    assert tuple(next(iter(export_suppressions(network, addresses=False, by=HOST, now=NOW)))) == COLUMNS
    with network.begin() as session:
        session.execute(delete(Suppression))
    texts = [",".join(line) for line in (head, *lines)]
    assert take(network, *texts) == Imported(new=2)
    assert take(network, *texts) == Imported(known=2)
    assert rows(network) == held


def test_a_file_of_excel_says_what_stands_between_its_cells(network: Any) -> None:
    found = take(network, "\ufeffsep=;", "address;reason", "zoe@example.org;manual", "theo@example.org;no such")
    assert (found.new, [line for line, _ in found.refused]) == (1, [4])


def test_addresses_are_taken_whatever_their_case_and_what_waits_for_them_is_dropped(network: Any) -> None:
    zoe = schedule(network, address="zoe@example.org")
    assert take(network, "\ufeffAddress", "Zoe@Example.ORG ") == Imported(new=1)
    found = row(network, Email, zoe.email_id)
    assert (found.state, found.reason) == ("dropped", "BLOCKED")
    assert rows(network) == {(zoe.address_key.hex(), "manual", None)}


def test_a_line_that_cannot_be_used_is_refused_alone_without_its_address(network: Any) -> None:
    past = (NOW - timedelta(days=1)).isoformat()
    done = take(
        network,
        "address,address_key,reason,expires_at",
        "a@example.org,,unsubscribed,",
        "b@example.org,,because,",
        "not an address,,,",
        ",abc,,",
        "c@example.org,,,tomorrow",
        f"d@example.org,,paused,{past}",
        ",,,",
    )
    assert (done.new, done.over, [line for line, _ in done.refused]) == (1, 1, [3, 4, 5, 6, 8])
    assert not any("example.org" in why or "not an" in why for _, why in done.refused if "usable" not in why)


def test_a_file_without_a_header_is_refused_whole(network: Any) -> None:
    with pytest.raises(ValueError, match="first line"):
        take(network, "zoe@example.org", "ana@example.org")


@ON_SQLITE
def test_a_long_list_is_taken_in_parts_and_an_empty_one_changes_nothing(network: Any) -> None:
    lines = ["address_key,expires_at", *(f"{n:064x},2027-01-01T00:00:00+00:00" for n in range(501))]
    assert take(network, *lines) == Imported(new=501)
    assert take(network, "address") == Imported()
    assert len(rows(network)) == 501
