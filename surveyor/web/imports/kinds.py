"""The kinds of files that the screen takes beside past answers: what each needs, and its way in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from surveyor.core.quoting import french
from surveyor.errors import Complaint, Refused
from surveyor.flows.import_lines import LinesReceipt, Means, Options, import_lines, side
from surveyor.flows.import_orders.receipt import Refusal
from surveyor.flows.import_reference import import_customers, import_stores, rehearsed
from surveyor.ingest.complaints import complain
from surveyor.ingest.encodings import encoding_of
from surveyor.ingest.files import rows_of

RESPONSES = "responses"
#: Kind -> the columns that it needs, and those that it knows; docs/imports.md says what each feeds.
COLUMNS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "costs": (("amount",), ("day", "month", "from", "to", "channel", "currency", "store_id", "id")),
    "tickets": (
        ("ticket_id", "created_at"),
        (
            *("customer_id", "topic", "channel", "store_id", "first_reply_at", "resolved_at", "agent_minutes"),
            "quality",
        ),
    ),
    "mentions": (("polarity",), ("day", "posted_at", "network", "store_id", "judged_by", "id")),
    "customers": (
        ("customer_id",),
        ("email", "first_name", "last_name", "language", "segment", "acquisition_source"),
    ),
    "stores": (
        ("store_id",),
        (
            *("name", "city", "region", "brand", "segment", "zone", "language", "excluded", "opened_on", "closed_on"),
            *("region_name", "brand_name"),
        ),
    ),
}
KINDS = (RESPONSES, *COLUMNS)
#: What the screen reads at most; a command of the host knows no such end (security.md, S36).
MOST_ROWS = 200_000
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}", re.ASCII)
#: Those that are read line by line into a table of their own, and whose lines may name a store.
SIDE = ("costs", "tickets", "mentions")


@dataclass(frozen=True, slots=True)
class Taken:
    """What a person chose of a file: source of its lines, what it calls our stores, whether it is only checked."""

    kind: str
    source: str
    stores: Mapping[str, str]
    dry_run: bool


def source_of(said: str) -> str:
    """The name under which lines are known again. Raises Refused (`mapping_invalid`)."""
    name = said.strip() or "file"
    if not _NAME.fullmatch(name):
        fr, en = "source : un nom en minuscules, par exemple compta.", "source: a lower-case name, such as accounts."
        raise Refused([Complaint("source", "mapping_invalid", french(fr), en)])
    return name


def check_rows(path: Path, raw: bytes, *, kind: str, encoding: str) -> None:
    """Refused (413) for more than 200,000 rows, before one is taken: it names the command that takes them."""
    if max(raw.count(b"\n"), raw.count(b"\r")) <= MOST_ROWS:
        return
    rows = sum(1 for _ in rows_of(path, encoding=encoding, columns=()))
    if rows > MOST_ROWS:
        command = f"{'reference' if kind == 'stores' else kind} import"
        said = complain("csv_too_many_rows", "file", n=rows, limit=MOST_ROWS, command=command)
        raise Refused([said], status=413)


def take(services: Any, path: Path, taken: Taken, means: Means) -> LinesReceipt:
    """Read the file; the receipt. Refused lines go to `means`. Never raises for what is in the file."""
    if taken.kind in SIDE:
        options = Options(dry_run=taken.dry_run)
        kind = side.of(taken.kind, taken.source, services.keyring, stores=taken.stores)
        return import_lines(kind, path, means, options=options, now=services.now)
    return _reference(services, path, taken, means, now=services.now())


def _reference(services: Any, path: Path, taken: Taken, means: Means, *, now: datetime) -> LinesReceipt:
    """Customers and stores are declared: a line that says what is known already changes nothing."""
    here = rehearsed(services) if taken.dry_run else services
    act = import_stores if taken.kind == "stores" else import_customers
    try:
        encoding = encoding_of(path)
        found = act(here, path, encoding=encoding, now=now)
    except Refused as refused:
        return LinesReceipt(path.name, taken.kind, taken.source, problem=refused.complaints[0])
    for one in found.refused:
        means.on_refusal(_refusal(one), {})
    return LinesReceipt(
        path.name,
        taken.kind,
        taken.source,
        encoding=encoding,
        accepted=found.added,
        duplicates=found.changed,
        rejected=len(found.refused),
        dry_run=taken.dry_run,
    )


def _refusal(one: Complaint) -> Refusal:
    line = one.where.partition(":")[0]
    return Refusal(int(line) if line.isdigit() else 0, "rejected", one)
