"""What emails about reports may say: the names of their lines, from figures to text (email.md, 4)."""

from __future__ import annotations

MOST_READ, MOST_SAID, MOST_ADVICE = 5, 3, 3

#: What an email about a weekly report may say.
EXPRESS = (
    *("subject", "period", "scope", "about", "lead", "notice", "todo_title", "todo"),
    *(f"todo{n}" for n in range(1, MOST_READ + 1)),
    "said_title",
    *(f"said{n}" for n in range(1, MOST_SAID + 1)),
    *("collected_title", "collected", "health_title", "health1", "health2", "health3", "health4"),
    *("stores_title", "above", "average", "below", "unranked", "advice_title"),
    *(f"advice{n}" for n in range(1, MOST_ADVICE + 1)),
    *("closing", "foot"),
)
