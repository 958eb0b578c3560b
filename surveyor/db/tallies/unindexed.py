"""A store of a tally that is looked at and not looked for: in sums over many stores, before they are grouped."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class Unindexed(FunctionElement[str]):
    """A text that PostgreSQL looks for in no index: for a hundred stores a day it prices one so high that it reads the
    whole table (a month of reasons 0.3 s, so 0.08). SQLite never uses what comes behind the days of a key.
    """

    type = Text()
    inherit_cache = True


@compiles(Unindexed)
def _as_it_is(element: Unindexed, compiler: Any, **more: Any) -> str:
    return str(compiler.process(element.clauses, **more))


@compiles(Unindexed, "postgresql")
def _unindexed(element: Unindexed, compiler: Any, **more: Any) -> str:
    return f"({compiler.process(element.clauses, **more)} || '')"
