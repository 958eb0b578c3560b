"""What the clock of the line does and how often: one table, which its tests and the virtual clock read too."""

from __future__ import annotations

#: What the clock does, in this order, and every how many seconds.
SCHEDULE: tuple[tuple[str, float], ...] = (
    ("heartbeat", 60.0),
    ("sweep", 5.0),
    ("events", 10.0),
    ("cycles", 5.0),
    ("reports", 60.0),
    ("ring", 1.0),
    ("batches", 2.0),
    ("deliveries", 5.0),
    ("visits", 15.0),
    ("cases", 5.0),
    ("lexicon", 10.0),
    ("doubts", 60.0),
    ("streams", 60.0),
    ("undelivered", 3600.0),
    ("memory", 60.0),
    ("forget", 3600.0),
    ("erasures", 60.0),
    ("anchor", 3600.0),
)
#: What it looks after aside: nothing of the line waits for it, and a virtual clock leaves it out.
ASIDE: tuple[tuple[str, float], ...] = (
    ("watch", 60.0),
    ("experiments", 3600.0),
    ("rules_file", 60.0),
    ("reviews", 60.0),
    ("widgets", 60.0),
    ("night", 60.0),
    ("messages", 60.0),
)
