"""API keys: a typing error is refused without a query, and nothing of the secret is kept."""

from __future__ import annotations

import os

from hypothesis import given
from hypothesis import strategies as st

from surveyor.core import api_keys


@given(st.binary(min_size=38, max_size=38))
def test_a_key_made_is_a_key_read(entropy: bytes) -> None:
    text = api_keys.make(entropy)
    key = api_keys.read(text)
    assert key is not None
    assert text.startswith(f"svk_{key.id}_")
    assert len(text) == 4 + 8 + 1 + 43 + 1 + 6


def test_one_wrong_character_anywhere_is_no_key() -> None:
    text = api_keys.make(os.urandom(38))
    for at in range(len(text)):
        other = "a" if text[at] != "a" else "b"
        assert api_keys.read(text[:at] + other + text[at + 1 :]) is None
    assert api_keys.read(text + "\n") is None
