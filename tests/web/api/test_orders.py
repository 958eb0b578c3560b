"""Orders by HTTP: the written bad inputs through the real application, and that nothing acknowledged is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import func, select

from surveyor.db.tables.orders import Order, OrderEventRow
from surveyor.flows.manage_sources import NewSource, add_source
from surveyor.flows.publish_rules import publish_first
from surveyor.ingest.signatures import sign, sign_platform
from tests.ingest.test_payload import BASE, GOLDEN, body_of, changed
from tests.web.api.conftest import Api

HTTP = [
    case
    for case in GOLDEN["cases"]
    if case["area"] == "order_event" and case["input"].get("via") != "stream" and not case["input"].get("strict_stores")
]
SHOPIFY: dict[str, Any] = {
    "id": 450789469,
    "created_at": "2026-11-18T10:00:00+01:00",
    "updated_at": "2026-11-18T10:00:00+01:00",
    "email": "ana@example.fr",
    "total_price": "12.50",
    "currency": "EUR",
    "customer": {"id": 207119551},
}
WOO: dict[str, Any] = {
    "id": 727,
    "status": "completed",
    "currency": "EUR",
    "date_created_gmt": "2026-11-18T09:00:00",
    "date_modified_gmt": "2026-11-18T10:00:00",
    "date_completed_gmt": "2026-11-18T10:00:00",
    "total": "12.50",
    "customer_id": 26,
    "billing": {"email": "ana@example.fr"},
}
PLATFORMS = {"shopify": SHOPIFY, "woocommerce": WOO}


@pytest.fixture
def sources(api: Api) -> dict[str, bytes]:
    """One source of each kind, with its secret."""
    made = {}
    for kind in ("generic", "shopify", "woocommerce"):
        new = NewSource(kind, kind, "soft_opt_in")
        secret = add_source(api.services.sessions, new, keys=api.services.keyring, now=api.services.now(), actor="test")
        made[kind] = secret.encode()
    return made


def post(api: Api, given: dict[str, Any], secrets: dict[str, bytes]) -> Any:
    via = given.get("via", "api")
    headers = dict(given.get("headers", {}))
    raw = body_for(given, via)
    content_type = headers.pop("Content-Type", "application/json")
    if via == "api" and "path" not in given:
        return api.call(
            "/api/v1/orders", key="key_orders", method="POST", data=raw, content_type=content_type, headers=headers
        )
    path = given.get("path", f"/hooks/orders/{via}")
    sent = raw
    if "path" not in given:
        secret = b"somebody else's" if given.get("sign") == "wrong_key" else secrets[via]
        if given.get("sign") == "reserialised":
            sent = json.dumps(json.loads(raw), indent=1).encode()
        at = int(api.services.now().timestamp()) - int(str(given.get("sign", "")).partition(":")[2] or 0)
        if given.get("sign") != "none":
            name = {"generic": "X-Surveyor-Signature", "shopify": "X-Shopify-Hmac-Sha256"}.get(
                via, "X-WC-Webhook-Signature"
            )
            headers[name] = sign(secret, raw, at) if via == "generic" else sign_platform(secret, raw)
    return api.call(path, key=None, method="POST", data=sent, content_type=content_type, headers=headers)


def body_for(given: dict[str, Any], via: str) -> bytes:
    if via not in PLATFORMS or "body" in given:
        return body_of(given)
    merged = {**PLATFORMS[via], **given.get("set", {})}
    return json.dumps({k: v for k, v in merged.items() if k not in given.get("unset", [])}).encode()


def counts(api: Api) -> dict[str, int]:
    with api.services.sessions() as session:
        events = dict(
            session.execute(select(OrderEventRow.state, func.count()).group_by(OrderEventRow.state)).all()  # type: ignore[arg-type]
        )
        return {**events, "orders": session.scalar(select(func.count()).select_from(Order)) or 0}


@pytest.mark.parametrize("case", HTTP, ids=lambda case: f"{case['id']} {case['title']}")
def test_a_bad_order_gets_its_code_and_nothing_is_lost(
    api: Api, sources: dict[str, bytes], case: dict[str, Any]
) -> None:
    given, expect = case["input"], case["expect"]
    for before in given.get("given", []):
        assert (
            api.call(
                "/api/v1/orders", key="key_orders", method="POST", json=changed({"set": before["event"]})
            ).status_code
            == 200
        )
    stored_before = counts(api)
    answer = post(api, given, sources)
    stored = counts(api)
    allowed = expect["http"] if isinstance(expect["http"], list) else [expect["http"]]
    assert answer.status_code in allowed or (answer.status_code == 422 and 400 in allowed), answer.text
    if expect["outcome"] == "quarantined":
        assert stored.get("quarantined") == 1
        assert answer.json["quarantined"][0]["where"] == expect["where"]
        assert answer.json["quarantined"][0]["code"] == expect["error_code"]
    elif expect["outcome"] == "conflict":
        told = answer.json["conflicting"][0]
        assert (answer.json["conflicts"], told["code"], told["where"]) == (1, "event_conflict", "ev-1")
        assert "(amount)" in told["message"]
        assert stored["conflict"] == 1
    elif expect["outcome"] == "duplicate":
        assert (answer.json["duplicates"], stored) == (1, stored_before)
    elif expect["error_code"] is not None:
        body = answer.json
        code = body["code"] if answer.status_code != 200 else body["rejected"][0]["code"]
        assert code == expect["error_code"]
        if expect["outcome"] == "refused":
            assert stored == stored_before
        else:
            assert body["accepted"] == stored["decided"]
    elif expect["outcome"] == "accepted":
        assert answer.json["accepted"] == 1
        assert sum(stored.values()) > sum(stored_before.values())
    elif expect["stored"]:
        assert stored["ignored"] == 1


def test_a_single_bad_event_is_a_problem_document_with_the_counts(api: Api) -> None:
    body = {**BASE, "ordered_at": "hier"}
    answer = api.call("/api/v1/orders", key="key_orders", method="POST", json=body, headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert (answer.json["accepted"], answer.json["code"]) == (0, "instant_invalid")
    told = answer.json["rejected"][0]
    assert (told["index"], told["field"], told["where"]) == (0, "ordered_at", "/ordered_at")
    assert told["message"] == "/ordered_at: hier is not an ISO 8601 instant. Example: 2026-11-20T10:00:00+01:00."


def test_an_unknown_source_and_a_wrong_signature_have_the_same_answer(api: Api, sources: dict[str, bytes]) -> None:
    answers = []
    for source in ("generic", "nosuch"):
        answer = api.call(
            f"/hooks/orders/{source}", key=None, method="POST", json=BASE, headers={"X-Surveyor-Signature": "t=1,v1=00"}
        )
        body = answer.json
        body.pop("request_id")
        answers.append((answer.status_code, body))
    assert answers[0] == answers[1]
    assert answers[0][0] == 403


def test_the_source_of_an_event_is_the_name_of_its_key(api: Api) -> None:
    api.call("/api/v1/orders", key="key_orders", method="POST", json=BASE)
    with api.services.sessions() as session:
        assert session.scalars(select(OrderEventRow.source)).all() == ["orders"]


def test_a_thousand_events_in_one_call_are_stored_once_each(api: Api) -> None:
    batch = [{**BASE, "event_id": f"e{n}", "order_id": f"o{n}", "customer_id": f"c{n % 50}"} for n in range(1000)]
    first = api.call("/api/v1/orders", key="key_orders", method="POST", json=batch).json
    again = api.call("/api/v1/orders", key="key_orders", method="POST", json=batch).json
    assert (first["accepted"], again["accepted"], again["duplicates"]) == (1000, 0, 1000)


def test_a_source_that_calls_too_fast_is_told_when_to_come_back(api: Api) -> None:
    answers = [
        api.call("/api/v1/orders", key="key_orders", method="POST", data=b"", content_type="application/json")
        for _ in range(201)
    ]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1


def test_why_a_customer_was_not_asked_is_told_to_a_key_that_may_see_the_store(api: Api) -> None:
    rules = GOLDEN["fixtures"]["rules_active"]["toml"]
    assert publish_first(api.services.sessions, rules, now=api.services.now())
    api.call("/api/v1/orders", key="key_orders", method="POST", json=BASE)
    told = api.call("/api/v1/explain?customer=c1", key="key_s1", headers={"Accept-Language": "en"}).json
    decision = told["decisions"][0]
    assert (decision["decision"], decision["reason"], decision["counted"]) == ("NOT_ELIGIBLE", "BELOW_MIN_ORDERS", 1)
    assert decision["sentence"]
    assert [check["code"] for check in decision["checks"]]
    by_order = api.call("/api/v1/explain?order=o-1").json
    assert by_order["decisions"][0]["order_id"] == "o-1"
    assert api.call("/api/v1/explain?customer=nobody").status_code == 404
    assert api.call("/api/v1/explain").json["code"] == "field_required"
