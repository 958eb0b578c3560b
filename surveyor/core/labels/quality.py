"""How well the rules sort: precision and recall on verbatims that a person went through, with their intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from surveyor.core.intervals import wilson
from surveyor.core.labels.lexicon import Polarity

#: Labels of a verbatim: label -> how it is meant.
Given = Mapping[str, Polarity]


@dataclass(frozen=True, slots=True)
class Quality:
    """Of one label, or of all of them. right: given by the rules and the person; wrong: by the rules alone; missed.

    same_polarity: of the right ones, those meant the same way.
    """

    label: str
    right: int
    wrong: int
    missed: int
    same_polarity: int

    @property
    def given(self) -> int:
        """By the rules."""
        return self.right + self.wrong

    @property
    def true(self) -> int:
        """By the person."""
        return self.right + self.missed

    @property
    def precision(self) -> float | None:
        """Share (0-1) of what the rules gave that a person gave too; None when they gave nothing."""
        return self.right / self.given if self.given else None

    @property
    def recall(self) -> float | None:
        """Share (0-1) of what a person gave that the rules gave too; None when nobody gave it."""
        return self.right / self.true if self.true else None

    @property
    def precision_interval(self) -> tuple[float, float] | None:
        """Wilson, 95 % (CI-PROP)."""
        return wilson(self.right, self.given)

    @property
    def recall_interval(self) -> tuple[float, float] | None:
        """Wilson, 95 % (CI-PROP)."""
        return wilson(self.right, self.true)

    @property
    def polarity(self) -> float | None:
        """Share (0-1) of the right ones that are meant as the person meant them."""
        return self.same_polarity / self.right if self.right else None

    @property
    def polarity_interval(self) -> tuple[float, float] | None:
        """Wilson, 95 % (CI-PROP)."""
        return wilson(self.same_polarity, self.right)


def quality(pairs: Iterable[tuple[Given, Given]], labels: Sequence[str]) -> list[Quality]:
    """One row a label, in their order, from (what a person gave, what the rules give) of each verbatim."""
    counts = {label: [0, 0, 0, 0] for label in labels}
    for told, given in pairs:
        for label in labels:
            if label in told and label in given:
                counts[label][0] += 1
                counts[label][3] += int(told[label] == given[label])
            elif label in given:
                counts[label][1] += 1
            elif label in told:
                counts[label][2] += 1
    return [Quality(label, *found) for label, found in counts.items()]


def overall(rows: Sequence[Quality]) -> Quality:
    """All labels together: every (verbatim, label) counts once (micro average)."""
    sums = [sum(getattr(row, name) for row in rows) for name in ("right", "wrong", "missed", "same_polarity")]
    return Quality("", *sums)
