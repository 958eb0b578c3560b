"""Lists as Parquet, for data tools: typed columns, a group of rows at a time, when the extra `parquet` is there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import IO, Any

from surveyor.core.quoting import french
from surveyor.errors import Complaint, Refused
from surveyor.web.api.cells import Cells
from surveyor.web.api.kinds import Kind, kind_of, typed

#: Rows of a group: what is held in memory.
GROUP = 10_000


def need_parquet() -> None:
    """Raises Refused, 501 `format_unavailable`, when this installation cannot write Parquet."""
    try:
        import pyarrow  # noqa: F401, PLC0415
    except ImportError:
        fr = french("Parquet demande l'extra « parquet » : installez surveyor[parquet], ou choisissez CSV ou XLSX.")
        en = "Parquet needs the extra `parquet`: install surveyor[parquet], or choose CSV or XLSX."
        raise Refused([Complaint("preset", "format_unavailable", fr, en)], status=501) from None


def write_parquet(columns: Sequence[str], pages: Iterable[Sequence[Cells]], out: IO[bytes]) -> int:
    """Write a Parquet file; how many rows it holds (its footer says so too). Raises Refused without the extra."""
    need_parquet()
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    kinds = [kind_of(name) for name in columns]
    types = {
        Kind.TEXT: pa.string(),
        Kind.WHOLE: pa.int64(),
        Kind.DAY: pa.date32(),
        Kind.INSTANT: pa.timestamp("us", tz="UTC"),
    }
    schema = pa.schema([pa.field(name, types[kind]) for name, kind in zip(columns, kinds, strict=True)])
    count = 0
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        for rows in _grouped(pages):
            arrays = [
                pa.array([typed(value, kind) for value in values], type=types[kind])
                for values, kind in zip(zip(*rows, strict=True), kinds, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            count += len(rows)
    return count


def _grouped(pages: Iterable[Sequence[Cells]]) -> Iterable[list[Any]]:
    group: list[Any] = []
    for rows in pages:
        group += rows
        if len(group) >= GROUP:
            yield group
            group = []
    if group:
        yield group
