"""Lines of TOML texts: the map agrees with what the standard library reads, and says where each thing stands."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path as File
from typing import Any

import pytest
import tomlkit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveyor.core.toml import Path, read_toml, scan

keys = st.one_of(
    st.from_regex(r"[A-Za-z0-9_-]{1,6}", fullmatch=True),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=6),
)
leaves = (
    st.integers(-(10**9), 10**9)
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.dates()
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=20)
    | st.sampled_from(["# no comment", "[[rule]]", 'a "b" c', "l'été", "x = 1\ny = 2\n", '"""', "\\"])
)
trees = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


def paths(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield (*path, key), inner
            yield from paths(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from paths(inner, (*path, index))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=150)
@given(st.dictionaries(keys, trees, max_size=5))
def test_every_key_of_a_good_text_has_its_place(mapping: dict[str, Any]) -> None:
    text = tomlkit.dumps(mapping)
    read = tomllib.loads(text)
    found = scan(text)
    if found.too_deep:
        return
    assert (found.repeats, found.unclosed_quote, found.unclosed_bracket) == ([], None, None)
    lines = text.split("\n")
    for path, _ in paths(read):
        assert path in found.places
        line, column = found.places[path]
        assert lines[line - 1][column - 1] not in " \t#="


def test_the_file_that_comes_with_the_product_has_each_key_on_its_line() -> None:
    text = (File(__file__).parents[2] / "rules.toml").read_text("utf-8")
    values, found, faults = read_toml(text)
    assert faults == []
    assert values is not None
    lines = text.split("\n")
    for path, _ in paths(values):
        line, column = found.places[path]
        written = lines[line - 1][column - 1 :]
        assert written.startswith((str(path[-1]), "["))


def test_a_table_of_a_list_belongs_to_the_last_entry() -> None:
    text = "[[a]]\nx = 1\n[a.b]\ny = 1\n[[a]]\n[a.b]\ny = 2\n[[a.b.c]]\n[[a.b.c]]\nz = 1\n"
    found = scan(text)
    assert found.find(("a", 0, "b", "y")) == (4, 1)
    assert found.find(("a", 1, "b", "y")) == (7, 1)
    assert found.find(("a", 1, "b", "c", 1, "z")) == (10, 1)


def test_what_is_absent_stands_where_its_table_opens() -> None:
    found = scan("x = 1\n\n  [t]\ny = 1\n")
    assert found.find(("t", "z")) == (3, 3)
    assert found.find(("nowhere", 3)) == (1, 1)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('a = """b""""\nc = 1', (2, 1)),
        ("a = '''b'''''\nc = 1", (2, 1)),
        ('a = """\n"" \\"" \n"""\nc = 1', (4, 1)),
        ("a = [ '#', # ]\n ]\nc = 1", (3, 1)),
        ("a = 1979-05-27 07:32:00 # x\nc = 1", (2, 1)),
        ("a = { b = [1, { d = 2 }] }\nc = 1", (2, 1)),
    ],
)
def test_what_a_value_holds_is_not_taken_for_keys(text: str, place: tuple[int, int]) -> None:
    tomllib.loads(text)
    assert scan(text).find(("c",)) == place


def test_ten_levels_are_read_and_eleven_are_not() -> None:
    assert read_toml("a = " + "[" * 10 + "]" * 10)[2] == []
    [fault] = read_toml("a = " + "[" * 11 + "]" * 11)[2]
    assert fault.code == "too_deep"
    assert read_toml(".".join("abcdefghij") + " = 1")[2] == []
    assert [f.code for f in read_toml("[" + ".".join("abcdefghijk") + "]")[2]] == ["too_deep"]


def test_brackets_inside_texts_and_comments_have_no_depth() -> None:
    deep = "[" * 50
    assert read_toml(f"a = \"{deep}\"\n# {deep}\nb = '''{deep}'''\n")[2] == []


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=200)
@given(st.text(st.sampled_from("ab.=[]{}\"'\\\n #,1:u0"), max_size=60))
def test_a_text_is_at_fault_exactly_when_the_standard_library_refuses_it(text: str) -> None:
    values, _, faults = read_toml(text)
    assert (values is None) == bool(faults)
    try:
        read = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        assert faults
    else:
        assert values == read or faults[0].code == "too_deep"
