"""Lines of a skeleton with a customer's words come out as the standard library encodes them, broken or not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyor.mail.quoted import _encode_line, _Settled

WORDS = st.text(alphabet='ab Z9=é€<"/:.\t', max_size=90)
PLAIN = st.text(alphabet="abcXYZ019", max_size=60)
LINES = st.lists(st.one_of(WORDS, st.integers(0, 2)), min_size=1, max_size=6).map(tuple)


def _text(line: tuple[str | int, ...], values: list[str]) -> str:
    return "".join(piece if isinstance(piece, str) else values[piece] for piece in line)


@given(LINES, st.lists(st.lists(st.one_of(WORDS, PLAIN), min_size=3, max_size=3), min_size=1, max_size=4))
def test_each_line_is_what_the_whole_would_be(line: tuple[str | int, ...], people: list[list[str]]) -> None:
    settled = _Settled([line], people[0], frozenset({0, 1, 2}))
    for values in people:
        assert settled.fill(values) == _encode_line(_text(line, values))


@pytest.mark.parametrize("line", [("Bonjour ", 0), ("Bonjour ", 0, 1), ("=" * 70 + " ", 0)])
def test_a_line_that_an_empty_word_ends_keeps_its_space(line: tuple[str | int, ...]) -> None:
    settled = _Settled([line], ["Zoé", "", ""], frozenset({0, 1}))
    for values in (["Zoé", "", ""], ["", "", ""]):
        assert settled.fill(values) == _encode_line(_text(line, values))


def test_a_long_line_is_broken_anew_when_a_word_has_another_length() -> None:
    line = ('<a href="https://avis.example/s/', 0, '/7" style="color:#123456;padding:0 1em">', 1, "</a>")
    settled = _Settled([line], ["x", "y", ""], frozenset({0, 1}))
    for token in ("1JrDEmbvdIfYsfy2KLZWRQ", "7" * 22, "short", "é" * 22, "a=b"):
        values = [token, "7", ""]
        assert settled.fill(values) == _encode_line(_text(line, values))
