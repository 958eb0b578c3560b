"""A whole list as a file: CSV while it is read, a workbook or columns once they are whole on disk."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from typing import IO, TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from flask import Response, stream_with_context

from surveyor.core.periods import Period
from surveyor.core.scope import Reach
from surveyor.db import listing
from surveyor.db.listing import After
from surveyor.web.api.cells import CSV_PRESETS, csv_lines, preset
from surveyor.web.api.columnar import need_parquet, write_parquet
from surveyor.web.api.workbook import write_workbook
from surveyor.web.here import services

if TYPE_CHECKING:
    from surveyor.web.api.lists import Listed

STREAMED = 2000
#: What `Accept` calls each form of a file.
MEDIA = {
    "text/csv": "rfc4180",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.apache.parquet": "parquet",
}


def media_of(form: str) -> str:
    """The media type of a form."""
    return next((kind for kind, name in MEDIA.items() if name == form), "text/csv")


def as_file(listed: Listed, within: Reach, period: Period, form: str, *, after: After | None = None) -> Response:
    """The whole list as a file, a page at a time: no snapshot, no growing memory. form: one of PRESETS.

    CSV is sent while it is written; a workbook and columns are whole on disk before their first byte leaves. It goes by
    day and store; behind a cursor it goes in the order of the pages. Raises Refused for a form that cannot be written
    here.
    """
    here = services()
    zone, pages = ZoneInfo(here.settings.time_zone), _pages(listed, within, period, after)
    name = listed.name.partition(".")[0]
    if form in CSV_PRESETS or not form:
        lines = csv_lines(listed.columns, pages, preset(form, zone))
        response = Response(stream_with_context(lines), mimetype="text/csv")
        response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return response
    if form == "parquet":
        need_parquet()
    here.settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    file: IO[bytes] = tempfile.TemporaryFile(dir=here.settings.home, prefix=".export-")  # noqa: SIM115 - closed when sent
    if form == "xlsx":
        count = write_workbook(listed.columns, pages, file, zone=zone, folder=here.settings.home)
    else:
        count = write_parquet(listed.columns, pages, file)
    response = Response(_sent(file), mimetype=media_of(form))
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    response.headers["Content-Length"] = str(file.seek(0, os.SEEK_END))
    response.headers["X-Row-Count"] = str(count)
    file.seek(0)
    return response


def _sent(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        yield from iter(partial(file.read, 256 * 1024), b"")


def _pages(listed: Listed, within: Reach, period: Period, after: After | None) -> Iterator[Sequence[Any]]:
    walking = after is None
    while True:
        with services().read_sessions() as session:
            rows = (listed.walk if walking else listed.read)(session, within, period, limit=STREAMED, after=after)
        yield rows if walking else [tuple(row[name] for name in listed.columns) for row in rows]
        if len(rows) < STREAMED:
            return
        after = listing.behind(rows[-1], listed.columns, listed.walked) if walking else listed.after(rows[-1])
