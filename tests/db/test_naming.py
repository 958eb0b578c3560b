"""What the database leaves out when it looks for a person names nobody: what Python would find, it lets through."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from surveyor.core.traces import Traces
from surveyor.db import naming
from surveyor.db.base import new_ids
from surveyor.db.tables.emails import ProviderBatch
from surveyor.db.tables.orders import OrderEventRow

START = datetime(2026, 11, 20, 9, tzinfo=UTC)
IDS = ["c1", "c10", "12", "É_1", 'a"b', "a\\b", "100%", "C1"]
ADDRESSES = ["ana@exemple.fr", "ANA@Exemple.fr", "zoé@exemple.fr", "a_b%c@exemple.fr", "o'hara@exemple.fr"]
ids = st.sampled_from(IDS)
addresses = st.sampled_from(ADDRESSES)


@st.composite
def payloads(draw: st.DrawFn) -> str:
    """A payload as it may be kept: compact or spread out, escaped or not, of a shop, or no JSON at all."""
    said: dict[str, Any] = {"store_id": "lille"}
    shape = draw(st.sampled_from(["ours", "number", "shop", "nobody", "text"]))
    who = draw(ids)
    if shape == "ours":
        said["customer_id"] = who
    elif shape == "number":
        said["customer_id"] = 12
    elif shape == "shop":
        said["customer"] = {"first_name": "x", "id": who}
    if draw(st.booleans()):
        said["email"] = draw(addresses)
    if draw(st.booleans()):
        said["order_id"] = draw(ids)
    if shape == "text":
        return f"{draw(addresses)};{who}"
    separators = draw(st.sampled_from([(",", ":"), (", ", ": ")]))
    written = json.dumps(said, ensure_ascii=draw(st.booleans()), separators=separators)
    return written if draw(st.booleans()) else "".join(map(_escaped, written))


def _escaped(letter: str) -> str:
    """A character as a JSON text may give it just as well; what JSON itself is made of stays, and what was escaped."""
    return f"\\u{ord(letter):04X}" if letter in "@.-aé1" else letter


def test_a_text_reads_the_same_with_and_without_escapes() -> None:
    traces = Traces(customers=["12"], orders=["a/b"], addresses=["Ana@exemple.fr", "zoé@exemple.fr"])
    named = (
        r'{"email":"ana\u0040exemple.fr"}',
        r'{"email":"\u0041na@exempl\u0065.fr"',
        r'{"email":"zo\u00E9@exemple.fr"}',
        r'{"customer_id":"\u00312"}',
        r'{"order_id":"a\/b"}',
    )
    assert [text for text in named if not traces.named_in(text)] == []
    assert traces.addresses_in(r'{"customer_id":"12","email":"z\u0040exemple.fr"}') == {"z@exemple.fr"}
    assert not traces.named_in(r'{"email":"ana\\u0040exemple.fr"} \ud83d\ude00 \u00 \\ \x')


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    kept=st.lists(payloads(), min_size=1, max_size=8),
    customers=st.sets(ids, max_size=2),
    orders=st.sets(ids, max_size=2),
    written=st.sets(addresses, max_size=2),
)
def test_every_payload_that_names_somebody_is_looked_at(
    sessions: Any, kept: list[str], customers: set[str], orders: set[str], written: set[str]
) -> None:
    traces = Traces(customers=customers, orders=orders, addresses=written)
    keys = new_ids(START, len(kept))
    rows = [
        {
            "id": key,
            "source": "shop",
            "event_id": key.hex,
            "content_sha256": bytes(32),
            "body": body,
            "error": body if number % 3 == 0 else None,
            "state": "decided",
            "tries": 0,
            "received_at": START,
        }
        for number, (key, body) in enumerate(zip(keys, kept, strict=True))
    ]
    by_order = Traces(customers=(), orders=orders, addresses=())
    without = Traces(customers=customers, orders=(), addresses=written)
    expected = {
        row["id"]
        for row in rows
        if without.named_in(row["body"]) or (by_order.named_in(row["body"]) and '"customer_id"' not in row["body"])
    }
    with sessions.begin() as session:
        session.execute(delete(OrderEventRow))
        session.execute(insert(OrderEventRow), rows)
        found = {row.id for row in naming.bodies(session, traces)}
    assert expected <= found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(kept=st.lists(payloads(), min_size=1, max_size=6), written=st.sets(addresses, min_size=1, max_size=2))
def test_every_body_of_a_provider_that_holds_an_address_is_looked_at(
    sessions: Any, kept: list[str], written: set[str]
) -> None:
    traces = Traces(customers=(), orders=(), addresses=written)
    bodies = [body.encode() + tail for body, tail in zip(kept, (b"", b"\x00\xff", b"\\", b"") * 2, strict=False)]
    rows = [
        {"id": key, "provider": "x", "body": body, "state": "applied", "tries": 0, "received_at": START}
        for key, body in zip(new_ids(START, len(bodies)), bodies, strict=True)
    ]
    expected = {row["id"] for row in rows if traces.addressed_in(bytes(row["body"]).decode("utf-8", "replace"))}
    with sessions.begin() as session:
        session.execute(delete(ProviderBatch))
        session.execute(insert(ProviderBatch), rows)
        found = {row.id for row in naming.batches(session, traces)}
    assert expected <= found


def test_payloads_of_others_stay_in_the_database(sqlite_sessions: Any) -> None:
    traces = Traces(customers=["c1"], orders=["o1"], addresses=["ana@exemple.fr"])
    others = [
        '{"customer_id":"c2","email":"eve@exemple.fr","order_id":"o1"}',
        '{"customer_id":"c3","order_id":"o3"}',
    ]
    rows = [
        {
            "id": key,
            "source": "shop",
            "event_id": key.hex,
            "content_sha256": bytes(32),
            "body": body,
            "state": "decided",
            "tries": 0,
            "received_at": START,
        }
        for key, body in zip(new_ids(START, 2), others, strict=True)
    ]
    with sqlite_sessions.begin() as session:
        session.execute(insert(OrderEventRow), rows)
        assert list(naming.bodies(session, traces)) == []
