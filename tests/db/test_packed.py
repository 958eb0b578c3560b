"""Arrays in PostgreSQL's own bytes say what texts would."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveyor.db import packed
from surveyor.db.engine import make_engine, make_sessions
from surveyor.db.plain import execute

pytestmark = pytest.mark.postgres

#: Years with room for any zone on both sides.
INSTANTS = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=st.timezones() | st.just(UTC))
COLUMNS: dict[str, st.SearchStrategy[Any]] = {
    "UUID": st.uuids(),
    "BYTEA": st.binary(max_size=40),
    "DATE": st.dates(),
    "TIMESTAMP WITH TIME ZONE": INSTANTS,
}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
@pytest.mark.parametrize("kind", packed.PACKERS)
def test_what_is_packed_comes_back_in_its_order(postgres_url: str, kind: str, data: st.DataObject) -> None:
    values = data.draw(st.lists(COLUMNS[kind], max_size=20))
    engine = make_engine(postgres_url, pool_size=1)
    with make_sessions(engine).begin() as session:
        array = packed.PACKERS[kind](values)
        ((found,),) = execute(session, f"SELECT CAST(%s AS {kind}[])", (array,)).fetchall()
    engine.dispose()
    assert found == [value.astimezone(UTC) if kind.startswith("TIMESTAMP") else value for value in values]


def test_values_of_one_length_and_of_several_are_both_arrays() -> None:
    same, several = packed.hashes([b"ab", b"cd"]), packed.hashes([b"ab", b"c"])
    assert same.endswith(b"\0\0\0\2ab\0\0\0\2cd")
    assert several.endswith(b"\0\0\0\2ab\0\0\0\1c")
    assert packed.ids([UUID(int=1)]).endswith(b"\0\0\0\x10" + b"\0" * 15 + b"\1")


def test_an_instant_without_its_zone_is_refused() -> None:
    with pytest.raises(TypeError):
        packed.instants([datetime(2026, 11, 2, 9)])
    late = datetime(2000, 1, 1, tzinfo=UTC) - timedelta(microseconds=1)
    assert packed.instants([late]).endswith(b"\xff" * 8)
