"""What emails about reports may say: the names of their lines, from figures to text (email.md, 4)."""

from __future__ import annotations

MOST_READ, MOST_SAID, MOST_ADVICE = 5, 3, 3

#: What an email about a weekly report may say.
EXPRESS = (
    *("subject", "period", "scope", "about", "lead", "notice", "todo_title", "todo"),
    *(f"todo{n}" for n in range(1, MOST_READ + 1)),
    *("said_title", "said"),
    *(f"said{n}" for n in range(1, MOST_SAID + 1)),
    *("collected_title", "collected", "health_title", "health1", "health2", "health3", "health4"),
    *("stores_title", "above", "average", "below", "unranked", "advice_title"),
    *(f"advice{n}" for n in range(1, MOST_ADVICE + 1)),
    *("closing", "foot"),
)

MOST_WORDS, MOST_ESSENTIAL = 5, 7
#: Months of the trend; scores of the histogram, 0 to 10.
MOST_MONTHS, SCORES = 13, 11
TREND = tuple(f"month{n}{part}" for n in range(1, MOST_MONTHS + 1) for part in ("", "_said", "_from", "_wide", "_left"))
HISTOGRAM = tuple(f"score{n}{part}" for n in range(SCORES) for part in ("", "_wide", "_left"))
#: What an email about a monthly report may say; shares are whole numbers of percent, "" when there are none.
VOICE = (
    *("subject", "period", "scope", "about", "lead", "notice", "essential_title"),
    *(f"essential{n}" for n in range(1, MOST_ESSENTIAL + 1)),
    *("split_title", "promoters", "passives", "detractors"),
    *("promoters_share", "passives_share", "detractors_share", "trend"),
    *TREND,
    *HISTOGRAM,
    *("matters_title", "matters1", "matters2", "matters3", "quadrant1", "quadrant2", "quadrant3", "quadrant4"),
    *(f"said{n}" for n in range(1, MOST_WORDS + 1)),
    *("dislikes_title", "dislikes", "likes_title", "likes", "replies_title", "replies"),
    *("collection_title", "collection1", "collection2", "collection3", "reasons"),
    *("stores_title", "beside", "above", "average", "below", "unranked", "advice_title"),
    *(f"advice{n}" for n in range(1, MOST_ADVICE + 1)),
    *(
        "follow_title",
        "follow1",
        "follow2",
        "follow3",
        "plans_title",
        "plans1",
        "plans2",
        "plans3",
        "method_title",
        "method",
        "closing",
        "foot",
    ),
)
