"""The table of benchmarks/README.md, made from the JSON of runs and never by hand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

JSON_FILE = r" --json \S+"
EVERY = (
    "1 2 3 4 5 6a 6b 7a 7b 8 9 10 11a 11b 12 13a 13b 14 15 16 17 18 19 20 21 22 23 24a 24b 24c 25a 25b 26a 26b 27 28 29 30 31a 31b 31c 32 33a 33b 33c 33d 33e 34 35 36"
).split()
HEAD = """# Benchmarks

Each stage is compared **in the same run** with the least that could do the job (*limit*) and with what one would pick instead (*peer*).
Figures are items per CPU-second of client and servers; the ratio is the median over interleaved rounds, with the lowest and the highest.
A row counts only after its check passed on the rows that the timed code wrote. *refused*: the machine was too unsteady, or the round too
short, to say anything. Only ratios travel to another machine. This page is written by `python -m benchmarks report`.

| row | stage | engine | n | limit /cpu-s | ours /cpu-s | peer /cpu-s | ratio | target | floor | verdict |
|---|---|---|---|---|---|---|---|---|---|---|
"""


def page(runs: Sequence[Any]) -> str:
    """The whole page out of runs, each one object or a list of them."""
    flat = [one for run in runs for one in (run if isinstance(run, list) else [run])]
    lines = [line(run["stage"], row) for run in flat for row in run["rows"]]
    places = [place(run) for run in flat]
    return (
        HEAD + "\n".join(lines) + "\n\n" + unmeasured(flat) + "\n## Where\n\n" + "\n".join(dict.fromkeys(places)) + "\n"
    )


def unmeasured(runs: Sequence[Any]) -> str:
    """What the page says nothing about, and what most verdicts have in common."""
    seen = {row["id"] for run in runs for row in run["rows"]}
    missing = [number for number in EVERY if number not in seen]
    busy = max((run["env"]["load_after"][0] / run["env"]["cores"] for run in runs), default=0.0)
    said = f"Not measured here: rows {', '.join(missing)}.\n" if missing else ""
    if busy > 1.2:
        said += "The machine was busy with other work (see the load): CPU figures are lower than on a quiet one, ratios less so.\n"
    return said


def line(stage: str, row: dict[str, Any]) -> str:
    """One row of the table."""
    speeds = [_number(row["per_cpu_s"].get(name)) for name in ("limit", "ours", "peer")]
    ratio = row["ratio"]
    shown = f"{ratio['median']} ({ratio['lo']}-{ratio['hi']})" if ratio else "-"
    verdict = row["verdict"] + (f": {row['note']}" if row["note"] else "")
    goals = [_number(row["target"]), _number(row["floor"])]
    cells = [row["id"], stage, row["engine"], _number(row["n"]), *speeds, shown, *goals, verdict]
    return "| " + " | ".join(cells) + " |"


def place(run: dict[str, Any]) -> str:
    """The machine and the command of a run."""
    env = run["env"]
    return (
        f"- `{re.sub(JSON_FILE, '', env['command'])}` on {env['date']}, commit {env['commit']}: Python {env['python']}, SQLite {env['sqlite']}, "
        f"{env['cores']} x {env['cpu']}, load {env['load'][0]} to {env['load_after'][0]}, fsync {env['fsync_us']} us"
    )


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}".replace(",", " ") if value >= 1000 else f"{value:g}"
