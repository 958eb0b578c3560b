"""Answers of the sample network: who answers, when, which score, and in which words; the words fit the score."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from surveyor.testing.network.places import SamplePlace
from surveyor.testing.network.words import CLOSINGS, GOOD, MIXED, OPENINGS, POOR, WORDS_EN

_RATES = {"famille": 0.21, "couple": 0.18, "senior": 0.29}
THEMES = ("waiting", "completeness", "freshness", "welcome", "app")


@dataclass(frozen=True, slots=True)
class Asked:
    """One invitation that was sent: `key` names it, `before` counts those sent to the same customer earlier."""

    key: str
    store: SamplePlace
    segment: str
    language: str
    before: int
    day: date


@dataclass(frozen=True, slots=True)
class Answer:
    """What one customer does with one link. after: from the sending to the answer; stars: theme -> 1 to 5."""

    after: timedelta
    score: int
    comment: str
    stars: dict[str, int]


def answer_of(asked: Asked, *, seed: int = 2026) -> Answer | None:
    """The answer to one invitation, None when the customer does not answer; the same for a seed."""
    draw = Random(f"answer {seed} {asked.key}")
    tired = max(0.55, 1 - 0.07 * asked.before)
    if draw.random() > _RATES.get(asked.segment, 0.2) * asked.store.reach * tired:
        return None
    shift = asked.store.quality + _season(asked.store, asked.day)
    score = _score(draw, shift)
    comment = _comment(draw, score, asked.language) if draw.random() < _speaks(score) else ""
    stars = {theme: _star(draw, score) for theme in THEMES if draw.random() < 0.8}
    hours = min(29 * 24, draw.lognormvariate(1.9, 1.5))
    return Answer(timedelta(hours=hours, seconds=draw.randrange(3600)), score, comment, stars)


def _season(store: SamplePlace, day: date) -> float:
    """December is hard everywhere, and one store had a bad spring."""
    crowd = -0.35 if day.month == 12 else 0.0
    return crowd - (1.6 if store.city == "Arras" and day.month in (3, 4, 5) else 0.0)


def _score(draw: Random, shift: float) -> int:
    luck = draw.random()
    if luck < 0.095 - 0.05 * shift:
        return draw.choices((0, 1, 2, 3, 4, 5, 6), (3, 2, 3, 4, 5, 9, 8))[0]
    return max(0, min(10, round(draw.gauss(8.75 + shift, 1.15))))


def _speaks(score: int) -> float:
    return 0.85 if score <= 6 else 0.5 if score <= 8 else 0.55


def _star(draw: Random, score: int) -> int:
    return max(1, min(5, round(draw.gauss(1 + score * 0.4, 0.8))))


def _comment(draw: Random, score: int, language: str) -> str:
    if language == "en":
        return draw.choice(WORDS_EN["good" if score >= 9 else "mixed" if score >= 7 else "poor"])
    said = GOOD if score >= 9 else MIXED if score >= 7 else POOR
    parts = [draw.choice(said)]
    if draw.random() < 0.35:
        other = draw.choice(GOOD if score >= 7 else POOR)
        parts += [other] if other != parts[0] else []
    if draw.random() < 0.25:
        parts.insert(0, draw.choice(OPENINGS["poor" if score <= 6 else "good"]))
    if draw.random() < 0.2:
        parts.append(draw.choice(CLOSINGS["poor" if score <= 6 else "good"]))
    text = " ".join(parts)
    return text.lower().rstrip(".") if draw.random() < 0.15 else text
