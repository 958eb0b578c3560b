"""The mark of a survey page: good for its invitation and its day, for nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from surveyor.core.nonce import Page, milliseconds, read, write

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY, OTHER = bytes(range(32)), bytes(range(32, 64))
INVITATION = UUID("0192f1c4-7b1e-7c55-9a57-3f6b5a0e9d11")
PAGE = Page("0123456789abcdef", milliseconds(NOW), (1, 12))


def test_a_nonce_says_its_page_again() -> None:
    assert read([KEY], INVITATION, write(KEY, INVITATION, PAGE), now=NOW) == PAGE
    fresh = Page("ab" * 16, milliseconds(NOW))
    assert read([KEY], INVITATION, write(KEY, INVITATION, fresh), now=NOW) == fresh


def test_a_page_that_asks_which_of_twenty_answers_to_keep_can_be_sent_back() -> None:
    page = Page("0123456789abcdef", milliseconds(NOW), tuple(range(1, 22)))
    assert read([KEY], INVITATION, write(KEY, INVITATION, page), now=NOW) == page


def test_a_nonce_of_the_key_before_is_still_good() -> None:
    assert read([OTHER, KEY], INVITATION, write(KEY, INVITATION, PAGE), now=NOW) == PAGE


def test_a_nonce_lives_24_hours() -> None:
    text = write(KEY, INVITATION, PAGE)
    assert read([KEY], INVITATION, text, now=NOW + timedelta(hours=24)) == PAGE
    assert read([KEY], INVITATION, text, now=NOW + timedelta(hours=24, seconds=1)) is None
    assert read([KEY], INVITATION, text, now=NOW - timedelta(minutes=6)) is None


@pytest.mark.parametrize("text", ["", "....", "x" * 5000, "0123456789abcdef.1.1.zz", "0123456789abcdef.1.1-.00"])
def test_what_is_not_a_nonce_is_no_page(text: str) -> None:
    assert read([KEY], INVITATION, text, now=NOW) is None


def test_a_nonce_of_another_invitation_key_or_revision_is_no_page() -> None:
    text = write(KEY, INVITATION, PAGE)
    assert read([OTHER], INVITATION, text, now=NOW) is None
    assert read([KEY], UUID(int=7), text, now=NOW) is None
    assert read([KEY], INVITATION, text.replace(".1-12.", ".1-13."), now=NOW) is None
