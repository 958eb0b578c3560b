"""A QR picture as one SVG path, drawn here: the secret of a person who reads the line goes to nobody else."""

from __future__ import annotations

from dataclasses import dataclass

QUIET = 4


@dataclass(frozen=True, slots=True)
class Picture:
    """A square of `size` modules, quiet zone included; `path` covers the dark ones."""

    size: int
    path: str


def qr(text: str) -> Picture:
    """The QR code of a text, with a quarter of redundancy (level Q); no style, no script, no address in it."""
    import segno  # noqa: PLC0415 - at the first picture: it brings an XML library that no start needs

    rows = segno.make(text, error="q", micro=False).matrix
    steps = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            run = next((n for n in range(x, len(row)) if row[n] != row[x]), len(row)) - x
            if row[x]:
                steps.append(f"M{x + QUIET} {y + QUIET}h{run}v1h-{run}z")
            x += run
    return Picture(len(rows) + 2 * QUIET, "".join(steps))
