"""Real payloads of Shopify and WooCommerce become order events; what cannot is named in the platform's own words."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from surveyor.errors import Refused
from surveyor.ingest import shopify, woocommerce
from surveyor.ingest.platform import event_of

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def payload(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found.get("order", found)


def test_a_shopify_test_notification_is_ignored_and_its_id_stays_exact(real_data: Callable[[str], Path]) -> None:
    order = payload(real_data("webhooks/shopify/webhook_orders_paid_test_notification.body.json"))
    event = event_of(shopify.tell(order, source="shop", topic="orders/paid"), now=NOW)
    assert event.ignored
    assert event.order_id == "shop:820982911946154508"
    assert event.customer_id == "shop:115310627314723954"
    assert event.email == "jon@doe.ca"


def test_a_cancelled_shopify_order_is_a_cancellation_whatever_its_topic(real_data: Callable[[str], Path]) -> None:
    order = payload(real_data("webhooks/shopify/webhook_orders_paid_test_notification.body.json"))
    event = event_of(shopify.tell({**order, "test": False}, source="shop", topic="orders/paid"), now=NOW)
    assert event.type == "order.cancelled"


def test_a_shopify_order_is_placed_then_completed_when_fulfilled(real_data: Callable[[str], Path]) -> None:
    order = payload(real_data("webhooks/shopify/rest_fixture_order.json"))
    placed = event_of(shopify.tell(order, source="shop", topic="orders/create"), now=NOW)
    assert (placed.type, placed.fulfilled_at) == ("order.placed", None)
    done = {
        **order,
        "fulfillment_status": "fulfilled",
        "fulfillments": [{"status": "success", "created_at": "2014-01-22T15:58:27-05:00"}],
    }
    completed = event_of(shopify.tell(done, source="shop", topic="orders/fulfilled"), now=NOW)
    assert completed.order_id == placed.order_id
    assert completed.fulfilled_at is not None
    assert completed.fulfilled_at.isoformat() == "2014-01-22T15:58:27-05:00"


def test_the_last_of_several_fulfillments_is_the_latest_instant_whatever_its_offset() -> None:
    order: dict[str, Any] = {"id": 1, "created_at": "2026-10-20T10:00:00+02:00", "fulfillment_status": "fulfilled"}
    dates = ("2026-10-25T02:45:00+02:00", "2026-10-25T02:15:00+01:00", "soon")
    order["fulfillments"] = [{"status": "success", "created_at": date} for date in dates]
    event = event_of(shopify.tell(order, source="shop", topic="orders/fulfilled"), now=NOW)
    assert event.fulfilled_at is not None
    assert event.fulfilled_at.isoformat() == dates[1]


def test_a_shopify_refund_adds_its_transactions(real_data: Callable[[str], Path]) -> None:
    refund = {
        "id": 1,
        "order_id": 450789469,
        "created_at": "2026-11-01T10:00:00+01:00",
        "transactions": [{"kind": "refund", "amount": "10.10"}, {"kind": "refund", "amount": "0.20"}],
    }
    event = event_of(shopify.tell(refund, source="shop", topic="refunds/create"), now=NOW)
    assert (event.type, str(event.amount), event.order_id) == ("order.refunded", "10.30", "shop:450789469")


@pytest.mark.parametrize("name", ["create", "update", "retrieve", "delete"])
def test_real_woocommerce_orders_are_read_in_utc(name: str, real_data: Callable[[str], Path]) -> None:
    order = payload(real_data(f"webhooks/woocommerce/rest_v3_{name}_an_order.json"))
    event = event_of(woocommerce.tell(order, source="woo", topic="order.updated"), now=NOW)
    assert event.ordered_at.isoformat() == order["date_created_gmt"] + "+00:00"
    assert event.order_id == f"woo:{order['id']}"
    if order["customer_id"] == 0:
        assert event.customer_id == ""


def test_what_cannot_be_used_is_said_with_the_platforms_own_field(real_data: Callable[[str], Path]) -> None:
    order = payload(real_data("webhooks/shopify/rest_fixture_order.json"))
    del order["created_at"]
    with pytest.raises(Refused) as undated:
        event_of(shopify.tell(order, source="shop", topic="orders/create"), now=NOW)
    assert (undated.value.code, undated.value.complaints[0].where) == ("event_unusable", "/created_at")
    order = payload(real_data("webhooks/woocommerce/rest_v3_create_an_order.json"))
    order["billing"]["email"] = "ana@@example"
    with pytest.raises(Refused) as misaddressed:
        event_of(woocommerce.tell(order, source="woo", topic="order.created"), now=NOW)
    assert misaddressed.value.complaints[0].where == "/billing/email"
    assert "not a usable address" in misaddressed.value.complaints[0].message_en


def test_only_the_creation_ping_goes_without_a_signature() -> None:
    form = "application/x-www-form-urlencoded"
    assert woocommerce.is_ping(form, b"webhook_id=17")
    assert not woocommerce.is_ping(form, b"webhook_id=17&x=1")
    assert not woocommerce.is_ping("application/json", b"webhook_id=17")
