"""Figures of other brands in a CSV that somebody has the right to use (indicators.md, 13, level 2)."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from datetime import date

from surveyor.core.quoting import french, shown
from surveyor.errors import Complaint, Refused
from surveyor.ingest import separated

COLUMNS = ("peer_group", "period", "entity", "metric", "value", "n", "method", "source", "licence", "collected_on")
FEWEST = 3
#: metric -> the values it may have.
METRICS = {"nps": (-100.0, 100.0), "google_rating": (1.0, 5.0)}
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)
_YEAR = re.compile(r"\d{4}", re.ASCII)


@dataclass(frozen=True, slots=True)
class PeerLine:
    """One figure of one entity of a group and period."""

    peer_group: str
    period: str
    entity: str
    metric: str
    value: float
    n: int | None
    method: str
    source: str
    licence: str
    collected_on: date | None


def read_peers(raw: bytes, *, today: date) -> list[PeerLine]:
    """The lines of a file, all or none.

    Raises Refused with the first reason: `file_unreadable`, `column_missing`, `metric_unknown`, `value_out_of_range`,
    `method_missing`, `period_invalid`, `period_future`, `fewer_than_3_entities`.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refused("file", "file_unreadable", "Ce fichier n'est pas en UTF-8.", "This file is not UTF-8.") from None
    reader, before = separated.table(io.StringIO(text, newline=""), usual=";")
    names = [name.strip().lower() for name in reader.fieldnames or ()]
    missing = [name for name in (*COLUMNS[:5], "method") if name not in names]
    if missing:
        fr = f"Il manque la colonne {missing[0]}. Attendu : {';'.join(COLUMNS)}"
        en = f"Column {missing[0]} is missing. Expected: {';'.join(COLUMNS)}"
        raise _refused("file", "column_missing", fr, en)
    reader.fieldnames = names
    lines = [
        _line(n, {name: str(row.get(name) or "").strip() for name in COLUMNS}, today)
        for n, row in enumerate(reader, 2 + before)
    ]
    entities: dict[tuple[str, str, str], set[str]] = {}
    for one in lines:
        entities.setdefault((one.peer_group, one.period, one.metric), set()).add(one.entity)
    few = next((key for key, found in entities.items() if len(found) < FEWEST), None)
    if few is not None or not lines:
        group = shown(few[0]) if few else ""
        fr = f"Le groupe {group} a moins de {FEWEST} enseignes : une moyenne en désignerait une."
        en = f"Group {group} has fewer than {FEWEST} entities: a median would point at one."
        raise _refused("file", "fewer_than_3_entities", fr, en)
    return lines


def _line(number: int, row: dict[str, str], today: date) -> PeerLine:
    where = f"line {number}"
    if row["metric"].lower() not in METRICS:
        known = ", ".join(METRICS)
        fr = f"Ligne {number} : mesure {shown(row['metric'])} inconnue. Connues : {known}."
        raise _refused(
            where, "metric_unknown", fr, f"Line {number}: unknown metric {shown(row['metric'])}. Known: {known}."
        )
    low, high = METRICS[row["metric"].lower()]
    value = _number(row["value"])
    if value is None or not low <= value <= high:
        fr = f"Ligne {number} : la valeur doit être entre {low:g} et {high:g}."
        raise _refused(where, "value_out_of_range", fr, f"Line {number}: the value must be from {low:g} to {high:g}.")
    if not row["method"]:
        fr = f"Ligne {number} : dites la méthode de mesure."
        raise _refused(where, "method_missing", fr, f"Line {number}: say how it was measured.")
    first = _first_day(row["period"])
    if first is None or not row["peer_group"] or not row["entity"]:
        fr = f"Ligne {number} : une période s'écrit 2026 ou 2026-06, avec un groupe et une enseigne."
        raise _refused(
            where,
            "period_invalid",
            fr,
            f"Line {number}: a period is written 2026 or 2026-06, with a group and an entity.",
        )
    if first > today:
        fr = f"Ligne {number} : cette période est à venir."
        raise _refused(where, "period_future", fr, f"Line {number}: this period is in the future.")
    n = int(row["n"]) if row["n"].isascii() and row["n"].isdigit() and len(row["n"]) < 10 else None
    return PeerLine(
        row["peer_group"][:100],
        row["period"],
        row["entity"][:100],
        row["metric"].lower(),
        value,
        n,
        row["method"][:200],
        row["source"][:200],
        row["licence"][:200],
        _day(row["collected_on"]),
    )


def _number(text: str) -> float | None:
    text = text.replace("\u2212", "-").replace(",", ".")
    return float(text) if re.fullmatch(r"[+-]?\d{1,4}(\.\d{1,6})?", text, re.ASCII) else None


def _first_day(period: str) -> date | None:
    if found := _MONTH.fullmatch(period):
        return date(int(found[1]), int(found[2]), 1)
    return date(int(period), 1, 1) if _YEAR.fullmatch(period) and 1990 <= int(period) <= 2199 else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _refused(where: str, code: str, fr: str, en: str) -> Refused:
    return Refused([Complaint(where, code, french(fr), en)])
