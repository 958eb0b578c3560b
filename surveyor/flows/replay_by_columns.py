"""The what-if by whole columns, where it can be had: who may ask for it, and what it reads.

`surveyor.vector` needs the extra `fast` (numpy) and is loaded here, by the flow that uses it, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from surveyor.core.history import StoreFacts
from surveyor.core.replay import Period, ReplayResult, bases_of, replay
from surveyor.core.rules import RuleSet
from surveyor.db import replay_columns
from surveyor.ingest.plain_files import plain_csv

T = TypeVar("T")
NOT_INSTALLED = "the extra `fast` is not installed"


#: Is called with a share, 0 to 1, as work goes on; from any thread.
Heard = Callable[[float], None]


def unheard(_share: float) -> None:
    """Nobody asks how far it is."""


class NotByColumns(Exception):
    """These orders or rules are left to `decide`; the text says why."""


def why_not(*versions: RuleSet | None) -> str | None:
    """Why these rules are not lived by columns, None when they are."""
    if find_spec("numpy") is None:
        return NOT_INSTALLED
    unknown_in = import_module("surveyor.vector.known").unknown_in
    found = (unknown_in(version) for version in versions if version is not None)
    return next((reason for reason in found if reason is not None), None)


def read_columns(
    session: Any,
    stores: Mapping[str, StoreFacts],
    *,
    since: datetime | None,
    until: datetime | None = None,
    heard: Heard = unheard,
) -> Any:
    """The stored orders by column. Raises NotByColumns when they cannot be told so. heard: the share that was read."""
    stored = import_module("surveyor.vector.stored")
    try:
        found = stored.Stored(replay_columns.customer_columns(session), stores, replay_columns.MARK)
        for part in ahead(replay_columns.order_columns(session, since=since, until=until)):
            found.take(part)
            heard(part.upto)
        return found.done()
    except (stored.Unclear, OverflowError) as error:
        raise NotByColumns(str(error)) from None


def replay_columns_of(
    orders: Any, rules: RuleSet, *, against: RuleSet | None, period: Period, heard: Heard = unheard
) -> ReplayResult:
    """What `core.replay.replay` says of these orders. heard: the share that was lived, of both versions.

    Raises ReplayDiffers when `decide` says otherwise, NotByColumns when they cannot be told so.
    """
    checked, unclear = import_module("surveyor.vector.checked"), import_module("surveyor.vector.cells").Unclear
    try:
        told = checked.told(orders, bases_of(rules, against))
        versions = [rules] if against is None or against is rules else [rules, against]
        return replay(told, rules, against=against, period=period, live=checked.Lives(told, versions, heard))
    except unclear as error:
        raise NotByColumns(str(error)) from None


def file_columns(path: Path, stores: Mapping[str, StoreFacts], *, within: tuple[int, int] | None) -> Any:
    """The orders of a file by column, of its rows whose day is `within` two, both included. Raises NotByColumns."""
    found, vector = plain_csv(path), import_module("surveyor.vector.files")
    if found is None:
        raise NotByColumns("a file that is to be read line by line")
    try:
        file = vector.File(found.body, found.names, found.delimiter)
        if within is not None:
            file.keep(*within)
        return file.orders(stores)
    except vector.Unclear as error:
        raise NotByColumns(str(error)) from None


def ahead(parts: Iterator[T]) -> Iterator[T]:
    """The parts, each read while the one before is used: the database works without Python's lock."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, parts, None)
        while (part := coming.result()) is not None:
            coming = pool.submit(next, parts, None)
            yield part
