"""A written case over a file of answers: its counts, NPS, shares and comments, from the bytes the caller read."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Mapping
from typing import Any

from surveyor.core.indicators import survey
from surveyor.core.indicators.measures import nps, rate
from surveyor.core.indicators.trial.survey import shown
from surveyor.core.rounding import largest_remainder

GZIP = b"\x1f\x8b"


def response_file(inputs: Mapping[str, Any], body: bytes) -> dict[str, object]:
    """Figures of a CSV (UTF-8, gzip or not) with a score column and a comment column.

    Raises:
        KeyError: a column is missing. ValueError: a score that is no whole number of 0..10.
    """
    text = (gzip.decompress(body) if body.startswith(GZIP) else body).decode("utf-8-sig")
    rows = commented = commented_rows = 0
    histogram = dict.fromkeys(range(11), 0)
    for row in csv.DictReader(io.StringIO(text, newline="")):
        rows += 1
        score, said = (row[inputs["score"]] or "").strip(), bool((row[inputs["comment"]] or "").strip())
        commented_rows += said
        if score:
            histogram[_score(score)] += 1
            commented += said
    counts = survey.groups(histogram)
    scored = sum(counts)
    return {
        **shown(nps(counts), inputs),
        "rows": rows,
        "scored": scored,
        "partial": rows - scored,
        "counts": list(counts),
        "shares": largest_remainder(counts),
        "commented": commented,
        "comment_rate": rate(commented, scored).value,
        "commented_rows": commented_rows,
        "histogram": {str(score): n for score, n in histogram.items()},
        "mean": survey.mean_score(histogram).value,
    }


def _score(text: str) -> int:
    number = float(text)
    if not number.is_integer() or not 0 <= number <= 10:
        raise ValueError(f"scores are whole numbers of 0 to 10, not {text!r}")
    return int(number)
