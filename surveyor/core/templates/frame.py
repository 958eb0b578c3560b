"""What of a `body.mjml` is an author's: the blocks of its card, apart from the frame that every email shares."""

from __future__ import annotations

import re
from dataclasses import dataclass

_OPENING = re.compile(
    r"\A\s*<mjml[^>]*>\s*<sv-block name=\"header\"/>\s*<mj-body[^>]*>\s*<sv-block name=\"brand\"/>\s*"
    r"<mj-section>\s*<mj-column>[ \t]*\n"
)
_CLOSING = re.compile(
    r"[ \t]*</mj-column>\s*</mj-section>\s*<sv-block name=\"(?:footer|staff)\"/>\s*</mj-body>\s*</mjml>\s*\Z"
)


@dataclass(frozen=True, slots=True)
class Framed:
    """A body cut in three; together they are the source to the letter. `line`: lines that stand before `inside`."""

    before: str
    inside: str
    after: str

    @property
    def line(self) -> int:
        """How many lines of the source stand before what is edited."""
        return self.before.count("\n")


def framed(source: str) -> Framed:
    """The frame and the blocks of a body; one of another shape is all blocks and no frame."""
    opening, closing = _OPENING.search(source), _CLOSING.search(source)
    if opening is None or closing is None or opening.end() > closing.start():
        return Framed("", source, "")
    return Framed(source[: opening.end()], source[opening.end() : closing.start()], source[closing.start() :])


def reframed(source: str, inside: str) -> str:
    """The body with other blocks in the same frame."""
    cut = framed(source)
    ended = inside if inside.endswith("\n") or not cut.after else inside + "\n"
    return cut.before + ended + cut.after
