"""Addresses that the pages write: what writes one is compiled when it is first written, not when a process starts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule


class Address(Rule):
    """A route of ours. Werkzeug compiles two builders for each of 300 routes at every start; most are never called."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        made: Callable[..., tuple[str, str]] | None = None
        compiled = super()._compile_builder

        def build(rule: Rule, /, **values: Any) -> tuple[str, str]:
            nonlocal made
            if made is None:  # two threads may compile it both: the same comes of it
                made = compiled(append_unknown)
            return made(rule, **values)

        return build
