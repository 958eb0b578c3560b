"""A platform's webhook, from its bytes to one order event: when it arrives, and when a person replays it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from surveyor.core.orders import OrderEvent
from surveyor.errors import Refused
from surveyor.ingest import shopify, woocommerce
from surveyor.ingest.platform import Told, event_of, event_unusable, mapping
from surveyor.ingest.unreadable import not_utf8, read_slowly

#: kind of source -> what tells its payload in our words, and the header that says what happened.
TELL: dict[str, tuple[Callable[..., Told], str]] = {
    "shopify": (shopify.tell, "X-Shopify-Topic"),
    "woocommerce": (woocommerce.tell, "X-WC-Webhook-Topic"),
}
#: Deliveries that hold an id and no date.
DELETED = ("orders/delete", "order.deleted")
SHOP_HEADER = "X-Shopify-Shop-Domain"
_TOPIC = re.compile(r"[a-z0-9_./-]{1,60}", re.ASCII)


def topic_of(said: str) -> str:
    """What happened, as the platform's header says; "" when that is not of the shape of a topic."""
    return said if _TOPIC.fullmatch(said) else ""


def read_hook(kind: str, raw: bytes, *, topic: str, source: str, now: datetime) -> OrderEvent:
    """The event of one delivery. Raises Refused: what cannot be used, named in the platform's own words."""
    content = mapping(_exact(read_slowly(_text(raw))))
    told = TELL[kind][0](content, source=source, topic=topic)
    if topic in DELETED:
        told.facts["ordered_at"] = told.facts.get("ordered_at") or now.isoformat()
    return event_of(told, now=now)


def check_shop(declared: str, said: str) -> None:
    """The shop of the delivery is the source's, when one was declared. Raises Refused: one secret may serve several."""
    if declared and said.strip().lower() != declared.strip().lower():
        raise event_unusable(SHOP_HEADER, "une autre boutique", "another shop")


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as wrong:
        raise Refused([not_utf8(raw, wrong)]) from None


def _exact(value: Any) -> Any:
    """Numbers as texts, so that ids beyond 2^53 and amounts stay as they were written."""
    if isinstance(value, dict):
        return {name: _exact(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_exact(inner) for inner in value]
    return value if isinstance(value, str | bool | None) else str(value)
