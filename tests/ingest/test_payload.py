"""Order events as sources write them: the written bad inputs, and what every good one keeps."""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveyor.core.orders import OrderEvent
from surveyor.errors import Refused
from surveyor.ingest.payload import BadEvent, read_events

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "bad_inputs.json").read_text(encoding="utf-8"))
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
BASE: dict[str, Any] = GOLDEN["fixtures"]["order_event"]


def changed(change: dict[str, Any]) -> dict[str, Any]:
    event = {**BASE, **change.get("set", {})}
    return {name: value for name, value in event.items() if name not in change.get("unset", [])}


def body_of(given_input: dict[str, Any]) -> bytes:
    if "body" in given_input:
        return given_input["body"].encode()
    if "base64" in given_input:
        return base64.b64decode(given_input["base64"])
    if "build" in given_input:
        return "".join(text * count for text, count in given_input["build"]).encode()
    if "batch" in given_input:
        return json.dumps([changed({"set": one}) for one in given_input["batch"]]).encode()
    return json.dumps(changed(given_input)).encode()


def spaced(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def is_about_the_body(case: dict[str, Any]) -> bool:
    given_input = case["input"]
    at_the_door = {"encoding_unsupported", "media_type_unsupported", "store_unknown", "event_conflict"}
    return (
        case["area"] == "order_event"
        and "via" not in given_input
        and "path" not in given_input
        and case["expect"]["error_code"] not in at_the_door
    )


def test_an_address_that_no_email_can_be_built_for_is_refused_with_the_order_that_brought_it() -> None:
    (verdict,) = read_events(json.dumps(changed({"set": {"email": "zoé@example.fr"}})).encode(), now=NOW)
    assert isinstance(verdict, BadEvent)
    assert (verdict.complaint.code, verdict.field) == ("email_invalid", "email")
    (kept,) = read_events(json.dumps(changed({"set": {"email": "zoe@exämple.fr"}})).encode(), now=NOW)
    assert isinstance(kept, OrderEvent)


CASES = [case for case in GOLDEN["cases"] if is_about_the_body(case)]


def complaints(raw: bytes, *, ndjson: bool) -> tuple[list[Any], list[OrderEvent], int]:
    try:
        verdicts = read_events(raw, now=NOW, ndjson=ndjson)
    except Refused as refused:
        return refused.complaints, [], refused.status
    bad = [one.complaint for one in verdicts if isinstance(one, BadEvent)]
    good = [one for one in verdicts if isinstance(one, OrderEvent)]
    return bad, good, 200 if good else 422


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['id']} {case['title']}")
def test_s34_a_bad_event_is_refused_with_its_code_its_place_and_what_to_do(case: dict[str, Any]) -> None:
    ndjson = "ndjson" in case["input"].get("headers", {}).get("Content-Type", "")
    started = time.process_time()
    bad, good, status = complaints(body_of(case["input"]), ndjson=ndjson)
    assert time.process_time() - started < 5
    expect = case["expect"]
    allowed = expect["http"] if isinstance(expect["http"], list) else [expect["http"]]
    assert status in allowed or (status == 422 and 400 in allowed)
    if expect["error_code"] is None:
        assert not bad
        assert good
        return
    assert bad[0].code == expect["error_code"]
    where = expect.get("where") or ""
    if expect["error_code"] in {"json_invalid", "text_encoding"} and ":" in where:
        assert bad[0].where.partition(":")[0] == where.partition(":")[0]  # lines are exact, columns indicative
    else:
        assert bad[0].where == where
    if expect["error_code"] not in {"json_invalid", "text_encoding", "amount_invalid"}:
        assert bad[0].message_en == expect["message_en"]
        assert spaced(bad[0].message_fr) == spaced(expect["message_fr"])
    assert bool(good) == (expect["outcome"] in ("partial", "accepted"))


def test_a_batch_of_ten_with_three_bad_ones_keeps_the_other_seven() -> None:
    case = next(case for case in CASES if case["id"] == "OE-21")
    verdicts = read_events(body_of(case["input"]), now=NOW)
    refused = {one.index: one.complaint.code for one in verdicts if isinstance(one, BadEvent)}
    assert refused == {1: "instant_invalid", 3: "email_several", 6: "field_required"}
    assert [one.field for one in verdicts if isinstance(one, BadEvent)] == ["ordered_at", "email", "event_id"]


def test_the_hash_is_of_the_facts_not_of_how_they_were_written() -> None:
    first = one_event({**BASE, "amount": "12.50"})
    again = one_event(dict(reversed(list({**BASE, "amount": 12.5}.items()))))
    other = one_event({**BASE, "amount": "12.51"})
    assert first.content_sha256 == again.content_sha256 != other.content_sha256
    assert first.amount == Decimal("12.50")


def test_unknown_fields_are_kept_and_change_the_hash() -> None:
    plain, rich = one_event(BASE), one_event({**BASE, "basket_size": 12})
    assert rich.attributes == {"basket_size": 12}
    assert plain.content_sha256 != rich.content_sha256


def test_s23_an_identifier_with_an_invisible_character_is_refused_and_a_name_loses_it() -> None:
    bad, _, _ = complaints(json.dumps({**BASE, "order_id": "o\u200b1"}).encode(), ndjson=False)
    assert (bad[0].code, bad[0].where) == ("text_control_character", "/order_id")
    assert one_event({**BASE, "first_name": "An\u202ea"}).first_name == "Ana"


def test_ids_beyond_two_to_the_53_stay_exact_in_free_fields() -> None:
    assert one_event({**BASE, "shop_order": 820982911946154508}).attributes["shop_order"] == 820982911946154508


@pytest.mark.parametrize("number", ["12", "-3", "1.50", "820982911946154508", "18446744073709551615", "1e3", "-0.0"])
def test_a_number_in_a_free_field_is_a_number_however_the_event_around_it_was_written(number: str) -> None:
    plain = json.dumps(BASE)[:-1] + f', "basket": {number}, "lines": [{{"n": {number}}}]}}'
    escaped = plain.replace("+01:00", "\\u002B01:00")  # as the writers of JSON of some languages do
    assert escaped != plain
    (fast,), (slow,) = (read_events(text.encode(), now=NOW) for text in (plain, escaped))
    assert isinstance(fast, OrderEvent)
    assert isinstance(slow, OrderEvent)
    assert fast.attributes == slow.attributes == {"basket": json.loads(number), "lines": [{"n": json.loads(number)}]}
    assert fast.content_sha256 == slow.content_sha256
    assert json.loads(slow.body)["basket"] == json.loads(number)


@pytest.mark.parametrize(
    "number", ["1e400", "-1e400", "18446744073709551616", "-9223372036854775809", "9" * 400, "9" * 5000]
)
@pytest.mark.parametrize("form", ["{}", "[{}]", '{{"a": {}}}'])
def test_s34_a_number_that_no_reader_can_hold_is_refused_in_a_free_field(number: str, form: str) -> None:
    body = (json.dumps(BASE)[:-1] + ', "basket": ' + form.format(number) + "}").encode()
    bad, good, _ = complaints(body, ndjson=False)
    assert [one.where for one in bad] == ["/basket"]
    assert bad[0].code == ("attributes_too_large" if len(number) > 4096 else "field_value")
    assert not good


@pytest.mark.parametrize("inside", [r'{"\u0000": 1}', r'{"a": {"b\u0001": 1}}', r'["\u0000"]', r'"\u001f"'])
def test_s34_a_control_character_is_refused_wherever_it_hides_in_a_free_field(inside: str) -> None:
    bad, _, _ = complaints((json.dumps(BASE)[:-1] + f', "note": {inside}}}').encode(), ndjson=False)
    assert [(one.code, one.where) for one in bad] == [("text_control_character", "/note")]


def test_a_backslash_in_the_name_of_a_free_field_is_a_letter_like_another() -> None:
    strange = {r"C:\u00b": 1, r"\u0000": r"\u0000", "two": "lines\nhere"}
    assert one_event({**BASE, **strange}).attributes == strange


def one_event(mapping: dict[str, Any]) -> OrderEvent:
    (found,) = read_events(json.dumps(mapping).encode(), now=NOW)
    assert isinstance(found, OrderEvent), found
    return found


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from([*BASE, "fulfilled_at", "other"]), JSONS))
def test_no_mapping_however_strange_ends_in_anything_but_a_verdict(change: dict[str, Any]) -> None:
    bad, good, _ = complaints(json.dumps({**BASE, **change}).encode(), ndjson=False)
    assert len(bad) + len(good) == 1


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.booleans())
def test_no_bytes_however_strange_end_in_anything_but_a_verdict(raw: bytes, ndjson: bool) -> None:
    complaints(raw, ndjson=ndjson)
