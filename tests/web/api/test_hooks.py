"""What Shopify and WooCommerce really send, through the real door: once signed always 200, and ids stay exact."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from surveyor.db import quarantine
from surveyor.db.alerts import open_alerts
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.orders import Order, OrderEventRow
from surveyor.flows.manage_sources import NewSource, add_source
from surveyor.flows.manage_users import HOST
from surveyor.flows.replay_quarantined import replay_quarantined
from surveyor.ingest.signatures import sign_platform
from tests.conftest import ROOT
from tests.web.api.conftest import Api
from tests.web.api.test_orders import SHOPIFY, WOO

HEADERS = {
    "shopify": ("X-Shopify-Hmac-Sha256", "X-Shopify-Topic", "orders/updated"),
    "woocommerce": ("X-WC-Webhook-Signature", "X-WC-Webhook-Topic", "order.updated"),
}
FOLDER = ROOT.parent / "shared" / "data" / "webhooks"
FILES = [f"{kind}/{path.name}" for kind in HEADERS for path in sorted((FOLDER / kind).glob("rest_*.json"))]
#: What cannot be used: the API was asked for some fields only, and left out the date.
UNUSABLE = {"shopify/rest_2026_07_get_orders_450789469_json_fields_id_2cline_items_2cname_2ctotal_price.json"}


@pytest.fixture
def shop(api: Api) -> Callable[..., Any]:
    """`shop("shopify", payload, topic=…)`: post it, signed, to a source of this kind."""
    secrets: dict[str, bytes] = {}

    def post(kind: str, payload: Any, *, topic: str = "", domain: str = "", **headers: str) -> Any:
        if kind not in secrets:
            new = NewSource(kind, kind, "soft_opt_in", shop_domain=domain)
            made = add_source(api.services.sessions, new, keys=api.services.keyring, now=api.services.now(), actor="t")
            secrets[kind] = made.encode()
        raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        signature, topic_header, usual = HEADERS[kind]
        headers = {signature: sign_platform(secrets[kind], raw), topic_header: topic or usual, **headers}
        return api.call(f"/hooks/orders/{kind}", key=None, method="POST", data=raw, headers=headers)

    return post


def objects(content: Any) -> Iterator[dict[str, Any]]:
    """The orders of an answer of the REST API, however it wraps them; a webhook carries one of them bare."""
    if isinstance(content, dict) and "id" not in content:
        content = next(iter(content.values()))
    yield from content if isinstance(content, list) else [content]


def stored(api: Api) -> dict[str, str]:
    with api.services.sessions() as session:
        rows = session.execute(select(OrderEventRow.event_id, OrderEventRow.state))
        return {row.event_id: row.state for row in rows}


def only_order(api: Api) -> Order:
    with api.services.sessions() as session:
        return session.scalars(select(Order)).one()


@pytest.mark.skipif(not FILES, reason="the real payloads are not beside the checkout: webhooks/")
@pytest.mark.parametrize("name", FILES)
def test_every_real_payload_gets_200_and_is_kept_once(api: Api, shop: Callable[..., Any], name: str) -> None:
    kind = name.partition("/")[0]
    content = json.loads((FOLDER / name).read_bytes())
    for payload in objects(content):
        topic = "draft_orders/update" if "draft" in name else "checkouts/update" if "checkout" in name else ""
        topic = "order.deleted" if "delete" in name else topic
        first = shop(kind, payload, topic=topic)
        assert first.status_code == 200, first.text
        again = shop(kind, payload, topic=topic)
        assert again.status_code == 200
        if name in UNUSABLE:
            assert "quarantined" in first.json
            continue
        assert (first.json.get("accepted"), again.json.get("duplicates")) == (1, 1), first.json
    states = set(stored(api).values())
    assert states <= ({"quarantined"} if name in UNUSABLE else {"decided", "ignored"})


def test_the_real_test_notification_is_kept_as_ignored_byte_for_byte(
    api: Api, shop: Callable[..., Any], real_data: Callable[[str], Path]
) -> None:
    raw = real_data("webhooks/shopify/webhook_orders_paid_test_notification.body.json").read_bytes()
    assert shop("shopify", raw, topic="orders/paid").json["accepted"] == 1
    assert set(stored(api).values()) == {"ignored"}
    assert next(iter(stored(api))).startswith("820982911946154508:")


def test_ids_beyond_2_53_stay_exact_and_a_string_id_is_the_same_order(api: Api, shop: Callable[..., Any]) -> None:
    raw = json.dumps({**SHOPIFY, "id": 0, "customer": {"id": 1}}).encode()
    raw = raw.replace(b'"id": 0', b'"id": 820982911946154508', 1).replace(b'"id": 1}', b'"id": 9007199254740993}')
    assert shop("shopify", raw).json["accepted"] == 1
    assert only_order(api).order_id == "shopify:820982911946154508"
    with api.services.sessions() as session:
        assert session.scalars(select(Customer.external_id)).one() == "shopify:9007199254740993"


def test_a_guest_is_kept_and_belongs_to_nobody(api: Api, shop: Callable[..., Any]) -> None:
    assert shop("woocommerce", {**WOO, "customer_id": 0}).json["accepted"] == 1
    assert only_order(api).customer_id is None


@pytest.mark.parametrize("kind", ["shopify", "woocommerce"])
@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"hello", b"\xff\xfe", b'{"id":', b"[" * 3000, b"null", b'{"id":{"a":1}}', b'{"id":true}']
)
def test_once_signed_whatever_it_holds_gets_200_and_is_quarantined(
    api: Api, shop: Callable[..., Any], kind: str, raw: bytes
) -> None:
    answer = shop(kind, raw)
    assert (answer.status_code, answer.json["quarantined"][0]["code"]) == (200, "event_unusable")
    assert list(stored(api).values()) == ["quarantined"]
    with api.services.sessions() as session:
        assert [(alert.code, alert.subject) for alert in open_alerts(session)] == [("event_unusable", kind)]


def test_another_shop_with_the_same_secret_is_quarantined(api: Api, shop: Callable[..., Any]) -> None:
    own = {"X-Shopify-Shop-Domain": "Ours.myshopify.com"}
    assert shop("shopify", SHOPIFY, domain="ours.myshopify.com", **own).json["accepted"] == 1
    other = shop("shopify", {**SHOPIFY, "id": 2}, **{"X-Shopify-Shop-Domain": "theirs.myshopify.com"})
    assert (other.status_code, other.json["quarantined"][0]["where"]) == (200, "X-Shopify-Shop-Domain")


@pytest.mark.parametrize(
    ("kind", "topic"),
    [("shopify", "customers/create"), ("shopify", "draft_orders/create"), ("woocommerce", "customer.updated")],
)
def test_a_delivery_about_no_order_makes_no_order(api: Api, shop: Callable[..., Any], kind: str, topic: str) -> None:
    assert shop(kind, SHOPIFY if kind == "shopify" else WOO, topic=topic).status_code == 200
    assert set(stored(api).values()) == {"ignored"}


@pytest.mark.parametrize(("kind", "topic"), [("shopify", "orders/delete"), ("woocommerce", "order.deleted")])
def test_a_deleted_order_is_a_cancelled_one_though_the_delivery_holds_an_id_alone(
    api: Api, shop: Callable[..., Any], kind: str, topic: str
) -> None:
    order = SHOPIFY if kind == "shopify" else WOO
    shop(kind, order)
    assert shop(kind, {"id": order["id"]}, topic=topic).json["accepted"] == 1
    assert only_order(api).cancelled_at is not None


def test_what_was_quarantined_is_replayed_from_the_copy_that_was_kept(api: Api, shop: Callable[..., Any]) -> None:
    big = {**SHOPIFY, "line_items": [{"name": "x" * 1000}] * 200}  # larger than a copy to look at
    assert "quarantined" in shop("shopify", big, domain="ours.myshopify.com").json
    house = api.services

    def replay(*events: UUID) -> list[str]:
        done = replay_quarantined(house.sessions, events, keys=house.keyring, now=house.now(), by=HOST)
        return [one.outcome for one in done]

    with house.sessions() as session:
        kept = quarantine.kept(session)
    assert replay(kept[0].id) == ["recorded"]
    assert only_order(api).order_id == f"shopify:{SHOPIFY['id']}"
    assert replay(kept[0].id) == ["gone"]
    with house.sessions() as session:
        assert open_alerts(session) == []
        assert quarantine.by_source(session) == {}
