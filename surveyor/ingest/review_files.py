"""Files of reviews from elsewhere: CSV as a person writes it, JSON as Google's API and exports give it.

CSV: `review_id, store_id, rating, created_at` and, if known, `author, text, reply, replied_at, language`; commas or
semicolons. Google: `{"reviews": [...]}` of `accounts.locations.reviews.list` (v4); its stores are those of `stores`,
by location, or the one given for the whole file.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from surveyor.core.external_reviews import ExternalReview, RefusedLine
from surveyor.core.surveys.verbatim import clean
from surveyor.errors import Complaint, Refused
from surveyor.ingest import separated

COLUMNS = ("review_id", "store_id", "rating", "created_at", "author", "text", "reply", "replied_at", "language")
LONGEST_TEXT, LONGEST_NAME = 10_000, 200
_STARS = {"ONE": 1, "TWO": 2, "THREE": 3, "FOUR": 4, "FIVE": 5}
Line = ExternalReview | RefusedLine


def read_reviews(raw: bytes, *, store: str = "", stores: Mapping[str, str] | None = None) -> list[Line]:
    """The lines of a file. store: of a file that names none; stores: Google location -> store id.

    Raises Refused: `file_unreadable`, neither of the two forms, or not UTF-8; `column_missing`.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused([_unreadable()]) from None
    if text.lstrip().startswith("{"):
        try:
            given = json.loads(text)
        except ValueError:
            raise Refused([_unreadable()]) from None
        return list(google_lines(given, store=store, stores=stores or {}))
    return list(_csv_lines(text, store))


def google_lines(given: Any, *, store: str = "", stores: Mapping[str, str] | None = None) -> Iterator[Line]:
    """The reviews of one answer of the API. Raises Refused when it has none of their form."""
    found = given.get("reviews", []) if isinstance(given, dict) else None
    if not isinstance(found, list):
        raise Refused([_unreadable()])
    for number, one in enumerate(found, 1):
        if not isinstance(one, dict):
            yield RefusedLine(number, "", "field_type")
            continue
        reviewer, reply = one.get("reviewer") or {}, one.get("reviewReply") or {}
        name = str(one.get("name") or "")
        location = "/".join(name.split("/")[:4]) if name.startswith("accounts/") else ""
        yield _line(
            number,
            {
                "review_id": str(one.get("reviewId") or name.rpartition("/")[2]),
                "store_id": (stores or {}).get(location, store),
                "rating": str(_STARS.get(str(one.get("starRating")), "")),
                "created_at": str(one.get("createTime") or ""),
                "author": "" if reviewer.get("isAnonymous") else str(reviewer.get("displayName") or ""),
                "text": str(one.get("comment") or ""),
                "reply": str(reply.get("comment") or ""),
                "replied_at": str(reply.get("updateTime") or ""),
            },
        )


def _csv_lines(text: str, store: str) -> Iterator[Line]:
    reader, before = separated.table(io.StringIO(text, newline=""))
    names = [name.strip().lower() for name in reader.fieldnames or ()]
    missing = [name for name in COLUMNS[:4] if name not in names and not (name == "store_id" and store)]
    if missing:
        fr = f"Il manque la colonne {missing[0]}. Attendu : {', '.join(COLUMNS)}."
        en = f"Column {missing[0]} is missing. Expected: {', '.join(COLUMNS)}."
        raise Refused([Complaint("file", "column_missing", fr.replace(" :", "\u00a0:"), en)])
    reader.fieldnames = names
    for number, row in enumerate(reader, 2 + before):
        given = {name: str(row.get(name) or "") for name in COLUMNS}
        given["store_id"] = given["store_id"].strip() or store
        yield _line(number, given)


def _line(number: int, given: Mapping[str, str]) -> Line:
    key, store = given["review_id"].strip(), given["store_id"].strip()
    if not key or len(key) > LONGEST_NAME:
        return RefusedLine(number, "review_id", "field_required" if not key else "field_too_long")
    if not store:
        return RefusedLine(number, "store_id", "field_required")
    if given["rating"].strip() not in ("1", "2", "3", "4", "5"):
        return RefusedLine(number, "rating", "value_out_of_range")
    created, replied = _instant(given["created_at"]), _instant(given.get("replied_at", ""))
    if created is None:
        return RefusedLine(number, "created_at", "date_invalid")
    if given.get("replied_at", "").strip() and replied is None:
        return RefusedLine(number, "replied_at", "date_invalid")
    texts = {name: clean(given.get(name, "").replace("\0", "")) for name in ("author", "text", "reply", "language")}
    if len(texts["text"]) > LONGEST_TEXT or len(texts["author"]) > LONGEST_NAME:
        return RefusedLine(number, "text", "field_too_long")
    return ExternalReview(key, store, int(given["rating"]), created, replied_at=replied, **texts)


def _instant(text: str) -> datetime | None:
    """An ISO 8601 instant with its offset; None for anything else."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _unreadable() -> Complaint:
    fr = "Ce fichier n'est ni un CSV d'avis ni un export JSON de Google, en UTF-8."
    en = "This file is neither a CSV of reviews nor a JSON export of Google, in UTF-8."
    return Complaint("file", "file_unreadable", fr, en)
