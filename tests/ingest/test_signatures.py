"""Signatures of webhooks: over the exact bytes, in a window, with two live secrets, and never an exception."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from surveyor.ingest.signatures import check, sign, sign_platform

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
AT = int(NOW.timestamp())
BODY = b'{"event_id": "ev-1"}'
OLD, NEW = b"old secret", b"new secret"


def generic(header: str, body: bytes = BODY) -> str:
    return check("generic", [NEW, OLD], {"X-Surveyor-Signature": header}, body, NOW).state


def test_s11_either_live_secret_signs_and_no_other_does() -> None:
    assert generic(sign(NEW, BODY, AT)) == generic(sign(OLD, BODY, AT)) == "good"
    assert generic(sign(b"somebody's", BODY, AT)) == "bad"
    assert generic(f"{sign(b'x', BODY, AT)},{sign(OLD, BODY, AT).partition(',')[2]}") == "good"


def test_s11_other_bytes_with_the_same_meaning_are_not_signed() -> None:
    assert generic(sign(NEW, BODY, AT), BODY.replace(b" ", b"")) == "bad"


def test_s11_a_right_signature_out_of_its_window_says_its_age() -> None:
    header = {"X-Surveyor-Signature": sign(NEW, BODY, AT - 600)}
    checked = check("generic", [NEW], header, BODY, NOW)
    assert (checked.state, checked.age) == ("expired", 600)
    assert generic(sign(NEW, BODY, AT - 300)) == "good"
    assert generic(sign(NEW, BODY, AT + 301)) == "expired"


def test_s11_platforms_sign_the_body_alone() -> None:
    for kind, name in (("shopify", "X-Shopify-Hmac-SHA256"), ("woocommerce", "X-WC-Webhook-Signature")):
        assert check(kind, [NEW], {name: sign_platform(NEW, BODY)}, BODY, NOW).state == "good"
        assert check(kind, [NEW], {name: sign_platform(OLD, BODY)}, BODY, NOW).state == "bad"
        assert check(kind, [], {name: sign_platform(OLD, BODY)}, BODY, NOW).state == "bad"
    assert check("nosuch", [NEW], {"-": sign_platform(NEW, BODY)}, BODY, NOW).state == "bad"


@given(st.text(max_size=80), st.sampled_from(["generic", "shopify", "woocommerce", ""]))
def test_s11_no_header_however_strange_is_an_error(header: str, kind: str) -> None:
    headers = {"X-Surveyor-Signature": header, "X-Shopify-Hmac-Sha256": header, "X-WC-Webhook-Signature": header}
    assert check(kind, [NEW], headers, BODY, NOW).state == "bad"
