"""A link is made again from its row, tells nothing, and belongs to one purpose."""

from __future__ import annotations

import base64
import hashlib
import hmac
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyor.core import tokens

SECRET = bytes(range(32))
OTHER = bytes(range(1, 33))
ROW = UUID("0192f1c4-7b1e-7c55-9a57-3f6b5a0e9d11")


def test_the_published_vector_holds() -> None:
    assert tokens.token(SECRET, "survey", ROW) == "1JrDEmbvdIfYsfy2KLZWRQ"
    assert tokens.token(SECRET, "unsubscribe", ROW) == "1gZl4Qgm0c4nReuIc7ExU3"


@given(st.binary(min_size=32, max_size=32), st.uuids(), st.sampled_from(list(tokens.Purpose)))
def test_every_token_has_the_shape_and_says_the_same_number(secret: bytes, row: UUID, purpose: str) -> None:
    text = tokens.token(secret, purpose, row)
    assert tokens.is_token(text)
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    number = 0
    for letter in text:
        number = number * 62 + alphabet.index(letter)
    key = hmac.new(secret, b"surveyor/v1/" + purpose.encode() + b"\x01", hashlib.sha256).digest()
    assert number.to_bytes(16, "big") == hmac.new(key, row.bytes, hashlib.sha256).digest()[:16]


def test_s9_purposes_and_secrets_never_share_a_token() -> None:
    made = {tokens.token(secret, purpose, ROW) for secret in (SECRET, OTHER) for purpose in tokens.Purpose}
    assert len(made) == 2 * len(tokens.Purpose)


@pytest.mark.parametrize("text", ["", "8" + "a" * 21, "1" * 21, "1" * 23, "1" * 21 + "-", "1" * 21 + "\n", "١" * 22])
def test_s10_anything_else_is_no_token(text: str) -> None:
    assert not tokens.is_token(text)


def test_s10_what_is_kept_is_the_hash_of_the_characters() -> None:
    assert tokens.digest("1JrDEmbvdIfYsfy2KLZWRQ") == hashlib.sha256(b"1JrDEmbvdIfYsfy2KLZWRQ").digest()


def test_a_row_keeps_its_link_when_a_new_secret_comes_first() -> None:
    before = tokens.keys([SECRET])
    after = tokens.keys([OTHER, SECRET])
    assert after.token("survey", ROW, before.newest_id) == before.token("survey", ROW)
    assert after.token("survey", ROW) == tokens.token(OTHER, "survey", ROW)
    with pytest.raises(KeyError):
        tokens.keys([OTHER]).token("survey", ROW, before.newest_id)


def test_s55_addresses_are_found_again_after_a_rotation() -> None:
    before = tokens.keys([SECRET])
    assert tokens.keys([OTHER, SECRET]).address_key("zoe@exemple.test") == before.address_key("zoe@exemple.test")
    pinned = tokens.keys([OTHER, SECRET], tokens.key_id(OTHER))
    assert pinned.address_key("zoe@exemple.test") == tokens.address_key(OTHER, "zoe@exemple.test")


def test_a_secret_is_32_bytes_of_base64_and_never_shows() -> None:
    assert tokens.decode_secret(base64.b64encode(SECRET).decode()) == SECRET
    assert tokens.decode_secret(base64.urlsafe_b64encode(b"\xff" * 32).decode()) == b"\xff" * 32
    for wrong in ("", "abc", "é", base64.b64encode(b"short").decode()):
        with pytest.raises(ValueError):
            tokens.decode_secret(wrong)
    for wrong_list in ([], [b"short"], [SECRET, SECRET]):
        with pytest.raises(ValueError):
            tokens.keys(wrong_list)
    assert "\\x1f" not in repr(tokens.keys([SECRET]))


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        (" Zoe.Martin@Exemple.TEST ", "zoe.martin@exemple.test"),
        ("zoe@MÜLLER.fr", "zoe@xn--mller-kva.fr"),
        ("o'neil+avis@exemple.test", "o'neil+avis@exemple.test"),
        ("surveyor@localhost", "surveyor@localhost"),
    ],
)
def test_one_address_has_one_normal_form(written: str, normal: str) -> None:
    assert tokens.normalise_address(written) == normal
    assert tokens.address_key(SECRET, written) == tokens.address_key(SECRET, normal)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "empty"),
        ("a@b.fr, c@d.fr", "characters"),
        ("a@b.fr\r\nBcc: c@d.fr", "characters"),
        ("Zoé <a@b.fr>", "characters"),
        ("a@b@c.fr", "not_one_address"),
        ("nobody", "not_one_address"),
        ("@b.fr", "not_one_address"),
        ("a@", "domain"),
        ("a@b..fr", "domain"),
        ("a@-b.fr", "domain"),
        ("a@b.fr.", "domain"),
        (".a@b.fr", "characters"),
        ("a" * 65 + "@b.fr", "local_too_long"),
        ("a" * 60 + "@" + ".".join(["b" * 60] * 4), "too_long"),
        ("a\x00@b.fr", "characters"),
        ("a\u2028@b.fr", "characters"),
    ],
)
def test_s31_what_is_not_one_address_is_refused_without_being_repeated(written: str, code: str) -> None:
    with pytest.raises(tokens.AddressError) as refused:
        tokens.normalise_address(written)
    assert refused.value.code == code == str(refused.value)


def test_a_visitor_is_recognised_for_one_day_only() -> None:
    monday = tokens.client_key(SECRET, day="2026-11-16", prefix="192.0.2.0/24", browser="x")
    assert monday == tokens.client_key(SECRET, day="2026-11-16", prefix="192.0.2.0/24", browser="x")
    assert monday != tokens.client_key(SECRET, day="2026-11-17", prefix="192.0.2.0/24", browser="x")
    assert len(monday) == 32
