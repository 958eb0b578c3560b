"""One thing that does not hold, as `surveyor check` prints it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """The invariant's code, what is wrong, how many times, and the ids of the first (no address, no verbatim)."""

    code: str
    what: str
    count: int = 1
    ids: tuple[str, ...] = ()

    def __str__(self) -> str:
        named = f" ({', '.join(self.ids)}{', …' if self.count > len(self.ids) else ''})" if self.ids else ""
        return f"{self.code}: {self.what}: {self.count}{named}"
