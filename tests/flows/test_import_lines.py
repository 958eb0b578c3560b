"""Past answers of another tool come in once, kept apart, every refused line named; no figure of ours has them."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from surveyor.core.indicators import find
from surveyor.core.intervals import raw_nps
from surveyor.core.mapping import Mapping as Columns
from surveyor.core.mapping import guess, missing, read_mapping, to_toml
from surveyor.core.periods import Period
from surveyor.core.scope import NETWORK
from surveyor.db import imported, tallies
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.imported import ImportedResponse
from surveyor.db.tables.imports import Import
from surveyor.errors import Refused
from surveyor.faults import install
from surveyor.flows.import_lines import LinesReceipt, Means, Options, import_lines
from surveyor.flows.import_lines.kinds import PastAnswers
from surveyor.flows.import_orders.receipt import Refusal
from surveyor.flows.measure_indicators import Question, measure
from surveyor.services import Services
from tests.databases import ON_SQLITE
from tests.web.conftest import make_services
from tests.web.links import open_network, send

HEAD = "Date;Magasin;Note;Commentaire;Client;N°\n"
ROWS = (
    "18/11/2026 10:30;Lille Centre;9;Très bien ! L'équipe est à l'écoute;c1;1\n"
    "18/11/2026 23:59;S2;0;;c2;2\n"
    "17/11/2026;nice;7,0;Correct;;3\n"
)
MAPPING = Columns(
    columns={
        "answered_at": "Date",
        "store": "Magasin",
        "score": "Note",
        "comment": "Commentaire",
        "customer": "Client",
        "id": "N°",
    },
    source="ancien",
)


@pytest.fixture
def here(sessions: Any, clock: Any) -> Services:
    clock.set(datetime(2026, 11, 20, 9, tzinfo=UTC))
    made = make_services(sessions, clock)
    open_network(made)
    send(made, "c1")
    return made


def written(tmp_path: Path, text: str, encoding: str = "utf-8", name: str = "past.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


class Told:
    """What was refused, as it came."""

    def __init__(self) -> None:
        self.lines: list[tuple[int, str, str]] = []
        self.cells: list[Mapping[str, Any]] = []

    def __call__(self, refusal: Refusal, cells: Mapping[str, Any]) -> None:
        told = refusal.to_json()
        self.lines.append((told["line"], told["code"], told["field"]))
        self.cells.append(cells)


def take(here: Services, path: Path, mapping: Columns = MAPPING, told: Any = None, **options: Any) -> LinesReceipt:
    means = Means(here.sessions, "Europe/Paris", told or Told())
    kind = PastAnswers(mapping, here.keyring)
    return import_lines(kind, path, means, options=Options(**options), now=here.now)


def stored(here: Services) -> list[Any]:
    r = ImportedResponse
    with here.sessions() as session:
        rows = session.execute(
            select(r.ref, r.store_id, r.score, r.comment, r.day, r.answered_at, r.source, r.customer_id).order_by(r.ref)
        )
        return [tuple(row) for row in rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1"])
def test_answers_come_in_with_their_store_day_and_customer_whatever_the_file_is_written_in(
    here: Services, tmp_path: Path, encoding: str
) -> None:
    receipt = take(here, written(tmp_path, HEAD + ROWS, encoding))
    assert (receipt.accepted, receipt.rejected, receipt.ok) == (3, 0, True)
    assert receipt.encoding == ("cp1252" if encoding == "latin-1" else encoding.removesuffix("-sig"))
    found = stored(here)
    assert [row[:5] for row in found] == [
        ("1", "S1", 9, "Très bien ! L'équipe est à l'écoute", date(2026, 11, 18)),
        ("2", "S2", 0, None, date(2026, 11, 18)),
        ("3", "S3", 7, "Correct", date(2026, 11, 17)),
    ]
    assert found[0][5] == datetime(2026, 11, 18, 9, 30, tzinfo=UTC), "a time without zone is the store's"
    assert {row[6] for row in found} == {"ancien"}
    assert [row[7] is not None for row in found] == [True, False, False]


def test_the_same_file_twice_and_another_file_with_the_same_answers_store_nothing(
    here: Services, tmp_path: Path
) -> None:
    path = written(tmp_path, HEAD + ROWS)
    take(here, path)
    again = take(here, path)
    assert again.already_imported
    assert (again.accepted, again.duplicates, again.ok) == (0, 3, True)
    more = take(here, written(tmp_path, HEAD + ROWS + "19/11/2026;S1;10;;c9;4\n", name="more.csv"))
    assert (more.accepted, more.duplicates) == (1, 3)
    assert len(stored(here)) == 4


def test_a_number_that_comes_with_other_content_changes_nothing_and_is_told(here: Services, tmp_path: Path) -> None:
    take(here, written(tmp_path, HEAD + ROWS))
    told = Told()
    other = written(tmp_path, HEAD + "18/11/2026 10:30;S1;2;Non;c1;1\n", name="other.csv")
    receipt = take(here, other, told=told)
    assert (receipt.conflicts, receipt.accepted, receipt.ok) == (1, 0, False)
    assert told.lines == [(2, "line_conflict", "id")]
    assert stored(here)[0][2] == 9


def test_answers_without_a_number_are_known_by_their_content_and_equal_ones_are_counted(
    here: Services, tmp_path: Path
) -> None:
    columns = {name: column for name, column in MAPPING.columns.items() if name not in ("id", "customer")}
    mapping = replace(MAPPING, columns=columns)
    text = "Date;Magasin;Note;Commentaire\n" + "18/11/2026;S1;10;\n" * 3 + "18/11/2026;S1;9;\n"
    assert take(here, written(tmp_path, text), mapping).accepted == 4
    more = take(here, written(tmp_path, text + "18/11/2026;S1;10;\n", name="b.csv"), mapping)
    assert (more.accepted, more.duplicates) == (1, 4)


REFUSED = [
    ("18/11/2026;S1;11;;c1;5\n", "score_scale", "Note"),
    ("18/11/2026;S1;8.5;;c1;5\n", "score_scale", "Note"),
    ("18/11/2026;S1;neuf;;c1;5\n", "score_scale", "Note"),
    ("18/11/2026;S1;;;c1;5\n", "field_required", "Note"),
    ("18/11/2026;;9;;c1;5\n", "field_required", "Magasin"),
    ("18/11/2026;Lille Centr;9;;c1;5\n", "store_unmatched", "Magasin"),
    ("31/02/2026;S1;9;;c1;5\n", "date_unreadable", "Date"),
    ("hier;S1;9;;c1;5\n", "date_unreadable", "Date"),
    ("18/11/2031;S1;9;;c1;5\n", "instant_out_of_range", "Date"),
    ("18/11/2026;S1;9\n", "csv_cell_count", ""),
]


@pytest.mark.parametrize(("line", "code", "field"), REFUSED, ids=[f"{c} {f}" for _, c, f in REFUSED])
def test_a_bad_line_is_refused_alone_with_its_number_field_and_cells(
    here: Services, tmp_path: Path, line: str, code: str, field: str
) -> None:
    told = Told()
    receipt = take(here, written(tmp_path, HEAD + ROWS + line), told=told)
    assert (receipt.accepted, receipt.rejected, receipt.ok) == (3, 1, False)
    assert told.lines == [(5, code, field)]
    assert told.cells[0].get("N°") in ("5", None)


def test_a_store_that_resembles_is_named_in_the_refusal_and_a_correspondence_settles_it(
    here: Services, tmp_path: Path
) -> None:
    messages: list[str] = []
    path = written(tmp_path, HEAD + "18/11/2026;Lille Centr;9;;;1\n")
    take(here, path, told=lambda refusal, _: messages.append(refusal.complaint.message_en))
    assert "It resembles Lille Centre (S1)" in messages[0]
    receipt = take(here, path, replace(MAPPING, stores={"LILLE CENTR": "S1"}))
    assert (receipt.accepted, receipt.already_imported) == (1, False)


def test_a_dry_run_says_the_same_and_leaves_nothing(here: Services, tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + ROWS + "18/11/2026;S1;11;;c1;5\n")
    told = Told()
    dry = take(here, path, told=told, dry_run=True)
    assert (dry.accepted, dry.rejected, dry.dry_run) == (3, 1, True)
    assert told.lines == [(5, "score_scale", "Note")]
    with here.sessions() as session:
        assert session.scalar(select(func.count()).select_from(ImportedResponse)) == 0
        assert session.scalar(select(func.count()).select_from(Import)) == 0
    assert take(here, path).accepted == 3


class Killed(BaseException):
    """What a kill is in a test that goes on."""


@pytest.mark.parametrize("point", ["file.mid_batch", "file.committed"])
def test_an_import_that_is_killed_goes_on_without_a_lost_or_doubled_line(
    here: Services, tmp_path: Path, point: str
) -> None:
    lines = "".join(f"18/11/2026;S1;{n % 11};;;n{n}\n" for n in range(2500))
    path = written(tmp_path, HEAD + lines)

    def kill() -> None:
        raise Killed

    install({point: 2}, act=kill)
    try:
        with pytest.raises(Killed):
            take(here, path)
    finally:
        install({})
    receipt = take(here, path)
    assert receipt.resumed_from > 0
    assert receipt.rows == receipt.accepted == 2500
    assert len(stored(here)) == 2500


def test_imported_answers_enter_no_tally_and_no_rate_but_have_sums_of_their_own(here: Services, tmp_path: Path) -> None:
    period = Period.parse("2026-11", date(2026, 11, 20))
    with here.sessions() as session:
        before = tallies.sums(session, (NETWORK,), period)
    take(here, written(tmp_path, HEAD + ROWS))
    with here.sessions() as session:
        assert tallies.sums(session, (NETWORK,), period) == before
        found = imported.sums(session, (NETWORK,), period)[()]
        by_region = imported.sums(session, (NETWORK,), period, by=("region",))
    assert (found.bands, found.commented) == ((1, 1, 1), 2)
    assert sum(tally.responses for tally in by_region.values()) == 3
    assert set(by_region) == {("nord",), ("sud",)}


def test_words_of_somebody_who_was_erased_are_not_brought_back(here: Services, tmp_path: Path) -> None:
    with here.sessions.begin() as session:
        name = here.keyring.erased_name("c1")
        session.execute(update(Customer).values(external_id=name, email="", erased_at=here.now()))
        from surveyor.db import erasures

        customer = session.scalars(select(Customer.id)).one()
        erasures.begin(session, customer, None, by="test", now=here.now())
    take(here, written(tmp_path, HEAD + ROWS))
    ref, store, score, comment, *_, customer_id = stored(here)[0]
    assert (ref, store, score, comment, customer_id) == ("1", "S1", 9, None, None)


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ({"columns": {"score": "a", "answered_at": "b"}}, "columns.store"),
        ({"columns": {"answered_at": "b", "store": "c"}}, "columns.score"),
        ({"columns": {"scor": "a"}}, "columns.scor"),
        ({"column": {}}, "column"),
        ({"columns": {"score": "a", "answered_at": "b", "store": "c"}, "scale": "1-5"}, "scale"),
        ({"columns": {"score": "a", "answered_at": "b", "store": "c"}, "source": "email"}, "source"),
        ({"columns": {"score": "a", "answered_at": "b", "store": "c"}, "dates": ["%H"]}, "dates"),
        ({"columns": {"score": "a", "answered_at": "b", "store": "c"}, "zone": "Paris"}, "zone"),
        ({"columns": {"score": "a", "store": "c"}, "defaults": {"answered_at": "hier"}}, "defaults.answered_at"),
        ({"columns": "score"}, "columns"),
        (
            {"columns": {"score": "a", "answered_at": "b", "store": "c"}, "answers": {"L'accueil": "d"}},
            "answers.L'accueil",
        ),
    ],
)
def test_a_mapping_that_cannot_be_used_says_where(said: dict[str, Any], where: str) -> None:
    with pytest.raises(Refused) as refused:
        read_mapping(said)
    assert where in [one.where for one in refused.value.complaints]
    assert {one.code for one in refused.value.complaints} == {"mapping_invalid"}


def test_a_file_that_nobody_described_is_guessed_and_the_guess_can_be_edited() -> None:
    import tomllib

    columns = ["Identifiant", "Note NPS", "Commentaire", "Date réponse", "Point de vente", "Satisfaction"]
    rows = [dict(zip(columns, ("1", "9", "ok", "25/12/2025 10:00", "Lille", "8"), strict=True))]
    found = guess(columns, rows)
    assert found.columns == {
        "id": "Identifiant",
        "score": "Note NPS",
        "comment": "Commentaire",
        "answered_at": "Date réponse",
        "store": "Point de vente",
    }
    assert (found.answers, found.dates) == ({"satisfaction": "Satisfaction"}, ("%d/%m/%Y %H:%M",))
    assert missing(found) == []
    for one in (found, replace(found, zone="Europe/Paris")):
        assert read_mapping(tomllib.loads(to_toml(one))) == one
    assert missing(guess(["x", "y"], [])) == ["score", "answered_at", "store"]


def test_the_real_file_of_a_french_chain_goes_in_and_its_nps_comes_out(
    here: Services, tmp_path: Path, real_data: Callable[[str], Path]
) -> None:
    source = real_data("nps_botanic/survey_responses_dev.csv.gz")
    found = guess(*head_of(source))
    assert (found.columns["score"], found.columns["id"]) == ("score_0_10", "response_id")
    assert set(found.answers.values()) == {"satisfaction_0_10", "repurchase_intent_0_10"}
    mapping = replace(found, source="botanic", defaults={"store": "S1", "answered_at": "2014-04-15"})
    told = Told()
    receipt = take(here, source, mapping, told)
    assert (receipt.rows, receipt.conflicts) == (receipt.accepted + receipt.rejected, 0)
    assert Counter(code for _, code, _ in told.lines).keys() == {"field_required"}, "answers without a score"
    with here.sessions() as session:
        tally = imported.sums(session, (NETWORK,), Period.parse("2014-04", date(2026, 11, 20)))[()]
        assert tally.responses == receipt.accepted
        assert round(raw_nps(tally.bands), 3) == 53.173
        comments = session.scalar(select(func.count()).where(ImportedResponse.comment.like("%é%")))
    assert comments > 500
    assert take(here, source, mapping).accepted == 0
    text = gzip.decompress(source.read_bytes()).decode().encode("cp1252", "replace").decode("cp1252")
    old = take(here, written(tmp_path, text, "cp1252", "old.csv"), replace(mapping, source="old"))
    assert (old.encoding, old.accepted) == ("cp1252", receipt.accepted)


def head_of(path: Path) -> tuple[list[str], list[dict[str, Any]]]:
    from itertools import islice

    from surveyor.ingest.files import rows_of

    rows = [row.content for row in islice(rows_of(path, columns=()), 200) if isinstance(row.content, dict)]
    return list(dict.fromkeys(name for row in rows for name in row)), rows


def nps(here: Services, source: str, by: Any = None) -> dict[str, tuple[int, Any]]:
    period = Period.parse("2026-11", date(2026, 11, 20))
    with here.sessions() as session:
        asked = Question(
            (find("nps"), find("response_rate")), NETWORK, (NETWORK,), period, period.last, by=by, source=source
        )
        return {one.key: (one.figures[0].n, one.figures[1].n) for one in measure(session, asked)}


def test_imported_answers_count_in_a_score_only_when_asked_and_never_in_a_rate(here: Services, tmp_path: Path) -> None:
    text = HEAD + "".join(f"18/11/2026;S{1 + n % 2};{9 if n % 3 else 2};;;n{n}\n" for n in range(30))
    before = nps(here, "email")
    take(here, written(tmp_path, text))
    assert nps(here, "email") == before
    assert nps(here, "import") == {"": (30, 0)}
    assert nps(here, "all") == {"": (before[""][0] + 30, before[""][1])}
    assert {key: n for key, (n, _) in nps(here, "import", "store").items()} == {"S1": 15, "S2": 15}
    assert {key: n for key, (n, _) in nps(here, "import", "week").items()} == {"2026-11-16": 30}
    assert {key: n for key, (n, _) in nps(here, "import", "rule").items()} == {"": 30}


@ON_SQLITE
def test_a_number_twice_in_one_file_is_one_answer_and_told_when_it_says_something_else(
    here: Services, tmp_path: Path
) -> None:
    rows = ("18/11/2026 10:30;S1;9;Bien;;1\n", "18/11/2026 10:30;S1;9;Bien;;1\n", "18/11/2026 10:30;S1;2;Mal;;1\n")
    told = Told()
    receipt = take(here, written(tmp_path, HEAD + "".join(rows)), told=told)
    assert (receipt.accepted, receipt.duplicates, receipt.conflicts) == (1, 1, 1)
    assert [(line, code) for line, code, _ in told.lines] == [(4, "line_conflict")]
