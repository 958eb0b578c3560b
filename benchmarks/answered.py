"""A database that answers fill to any size, by one statement a day and table: for what pages take, never for the line.

Each answer has its order, its decision, its invitation, its email and the form that was sent; everybody answers ten
times. Those who were asked and did not answer are in the tallies alone (about six for each answer).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import event, text

from benchmarks import databases
from benchmarks.databases import Place
from surveyor.db import network
from surveyor.db.engine import make_engine
from surveyor.flows.sum_months import sum_months

DAYS, STORES, A_PERSON = 730, 200, 10
DAYS_A_COMMIT = 10
REGIONS, BRANDS, SEGMENTS = 10, 2, 4
#: The last full day; the month of pages is the one that it ends.
LAST = date(2026, 10, 31)
FIRST = LAST - timedelta(days=DAYS - 1)
#: Asked, delivered and visited for each answer that stands in a tally.
TIMES = {"hits": 13, "scheduled": 7, "went_out": 7, "sent": 7, "delivered": 7, "visited": 1, "responded": 1}
TABLES = ("customers", "orders", "decisions", "invitations", "emails", "responses", "response_revisions")
WORDS = (
    "Commande prête à l''heure, équipe souriante, rien à redire.",
    "Très pratique, je gagne une heure chaque semaine.",
    "Bien dans l''ensemble, mais deux produits manquaient.",
    "Vingt-cinq minutes d''attente au retrait sous la pluie, personne pour prévenir.",
    "The order was ready on time and the team was kind.",
)


def filled(which: str, answers: int) -> Place:
    """So many answers over two years, on one engine, with every index and fresh statistics."""
    place = databases.fresh(which)
    place.notes |= {"answers": answers, "each": answers // DAYS}
    _network(place)
    hasty = _hasty(place)
    with _bare(place, hasty):
        for first in range(0, DAYS, DAYS_A_COMMIT):
            with hasty.begin() as connection:
                if which == "P":
                    connection.execute(text("SET LOCAL synchronous_commit = off"))
                for number in range(first, min(first + DAYS_A_COMMIT, DAYS)):
                    _day(connection, place, which, number)
    hasty.dispose()
    sum_months(place.sessions, today=LAST + timedelta(days=1))
    analyse(place)
    return place


def _hasty(place: Place) -> Any:
    """An engine that writes each page once, in a file that nobody else has open: what breaks is filled again."""
    place.engine.dispose()
    hasty = make_engine(place.url, durable=False)
    if place.url.startswith("sqlite"):

        @event.listens_for(hasty, "connect")
        def on_connect(connection: Any, _record: Any) -> None:
            for pragma in ("journal_mode=DELETE", "journal_mode=OFF", "cache_size=-1048576"):
                connection.execute(f"PRAGMA {pragma}")

    return hasty


def analyse(place: Place) -> None:
    """Statistics, as both engines come to have them."""
    with place.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if place.url.startswith("sqlite") else "VACUUM ANALYZE")


def _network(place: Place) -> None:
    start = datetime.combine(FIRST, time(6), UTC)
    regions = [f"r{n}" for n in range(REGIONS)]
    segments = [f"g{n}" for n in range(SEGMENTS)]
    rows = [
        network.StoreRow(
            f"S{n:03d}", f"Magasin {n}", "Europe/Paris", f"r{n % REGIONS}", f"Enseigne {n % BRANDS}", f"g{n % 4}", "fr"
        )
        for n in range(STORES)
    ]
    with place.sessions.begin() as session:
        brands = [f"Enseigne {n}" for n in range(BRANDS)]
        network.add_names(session, now=start, brands=brands, regions=regions, segments=segments)
        network.add_stores(session, rows, day=FIRST, now=start)
    with place.engine.begin() as connection:
        connection.execute(text("CREATE TABLE bench_numbers (i integer PRIMARY KEY)"))
        many = [{"i": i} for i in range(max(place.notes["each"], place.notes["answers"] // A_PERSON // DAYS + 1))]
        connection.execute(text("INSERT INTO bench_numbers VALUES (:i)"), many)


class _bare:  # noqa: N801 - used as a function
    """Without the indexes of what is filled; made again at the end, which takes a fifth of the time."""

    def __init__(self, place: Place, hasty: Any) -> None:
        self.place, self.hasty = place, hasty
        self.made: list[str] = []

    def __enter__(self) -> None:
        with self.hasty.begin() as connection:
            for name, made in list(_indexes(connection, self.place.url)):
                connection.execute(text(f"DROP INDEX {name}"))
                self.made.append(made)

    def __exit__(self, *_: Any) -> None:
        for made in self.made:
            with self.hasty.begin() as connection:
                connection.execute(text(made))


def _indexes(connection: Any, url: str) -> Iterator[tuple[str, str]]:
    names = ", ".join(f"'{table}'" for table in TABLES)
    if url.startswith("sqlite"):
        asked = (
            f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({names})"
        )
    else:
        asked = (
            "SELECT i.indexname, i.indexdef FROM pg_indexes i LEFT JOIN pg_constraint c ON c.conname = i.indexname "
            f"WHERE i.tablename IN ({names}) AND c.oid IS NULL"
        )
    yield from ((row[0], row[1]) for row in connection.execute(text(asked)))


def _day(connection: Any, place: Place, which: str, number: int) -> None:
    """What one day brings; answers of a day are about emails of the day before, orders of three days before."""
    each = place.notes["each"]
    people = max(1, place.notes["answers"] // A_PERSON)
    newcomers = people // DAYS + 1
    day = FIRST + timedelta(days=number)
    values: dict[str, Any] = {
        "base": number * each,
        "each": each,
        "people": people,
        "known": number * newcomers,
        "new": newcomers,
        **_instants(which, "answered", day, 10),
        **_instants(which, "sent", day - timedelta(days=1), 9),
        **_instants(which, "ordered", day - timedelta(days=3), 11),
        "expires": _instant(which, datetime.combine(day + timedelta(days=29), time(9), UTC)),
    }
    if number == 0:
        for first in range(0, people, each):
            connection.execute(text(_customers(which)), {**values, "known": first, "new": min(each, people - first)})
    for statement in _statements(which):
        connection.execute(text(statement), values)


def _instants(which: str, name: str, day: date, hour: int) -> dict[str, Any]:
    at = datetime.combine(day, time(hour), UTC)
    return {f"{name}_day": day.isoformat() if which == "E" else day, f"{name}_at": _instant(which, at)}


def _instant(which: str, at: datetime) -> Any:
    return at.isoformat(timespec="microseconds") if which == "E" else at


def _id(which: str, kind: int, number: str) -> str:
    if which == "E":
        return f"unhex(printf('{kind:02x}%030x', {number}))"
    return f"('{kind:02x}' || lpad(to_hex(({number})::bigint), 30, '0'))::uuid"


def _hash(which: str, kind: int, number: str) -> str:
    """32 bytes; those of addresses (2) do not go up, so that people stand anywhere in their index."""
    mixed = f"(({number}) * 2654435761 % 4294967296)" if kind == 2 else "0"
    if which == "E":
        return f"unhex(printf('{kind:02x}%08x%054x', {mixed}, {number}))"
    return (
        f"decode('{kind:02x}' || lpad(to_hex(({mixed})::bigint), 8, '0') "
        f"|| lpad(to_hex(({number})::bigint), 54, '0'), 'hex')"
    )


def _customers(which: str) -> str:
    at = ":ordered_at"
    return (
        "INSERT INTO customers (id, external_id, email, address_key, first_name, last_name, language, segment, "
        f"restricted, created_at) SELECT {_id(which, 1, ':known + i')}, 'c' || (:known + i), "
        f"'c' || (:known + i) || '@bench.example', {_hash(which, 2, ':known + i')}, '', '', 'fr', '', "
        f"{_false(which)}, {at} FROM bench_numbers WHERE i < :new"
    )


def _false(which: str) -> str:
    return "0" if which == "E" else "false"


def _true(which: str) -> str:
    return "1" if which == "E" else "true"


def _statements(which: str) -> Iterator[str]:
    n = "(:base + i)"
    person = f"({n} * 7919 % :people)"
    if which == "P":
        n, person = "(CAST(:base AS bigint) + i)", "((CAST(:base AS bigint) + i) * 7919 % :people)"
    store = f"'S' || substr('00' || (({n} * 31 + {n} / 977) % {STORES}), -3)"
    if which == "P":
        store = f"'S' || lpad((({n} * 31 + {n} / 977) % {STORES})::text, 3, '0')"
    segment = f"'g' || ({person} % {SEGMENTS})"
    score = f"CASE WHEN ({n} * 37 + {n} / 14) % 14 > 10 THEN 10 ELSE ({n} * 37 + {n} / 14) % 14 END"
    some = f"({n} % 5 < 3)"
    place = f"{store}, {segment}, 'std', 1"
    ids = {kind: _id(which, kind, n) for kind in (3, 4, 5, 6)}
    who, address = _id(which, 1, person), _hash(which, 2, person)
    said = "CASE " + " ".join(f"WHEN {n} % 5 = {k} THEN '{words}'" for k, words in enumerate(WORDS[:3])) + " END"
    rare = f"CASE WHEN {n} % 9973 = 0 THEN 'Un yaourt périmé dans le sac.' ELSE {said} END"
    source = "FROM bench_numbers WHERE i < :each"
    day = {
        name: f":{name}_day" if which == "E" else f"CAST(:{name}_day AS date)"
        for name in ("answered", "sent", "ordered")
    }
    at = {
        name: f":{name}_at" if which == "E" else f"CAST(:{name}_at AS timestamptz)"
        for name in ("answered", "sent", "ordered")
    }
    yield (
        "INSERT INTO orders (id, order_id, customer_id, store_id, ordered_at, ordered_offset, fulfilled_at, amount, "
        "currency, segment, channel, language, history, source, received_at) "
        f"SELECT {ids[3]}, 'o' || {n}, {who}, {store}, {at['ordered']}, 0, {at['ordered']}, 40 + {n} % 60, 'EUR', "
        f"{segment}, '', 'fr', {_false(which)}, 'bench', {at['ordered']} {source}"
    )
    yield (
        "INSERT INTO decisions (id, customer_id, order_id, rule_id, rule_version, verdict, store_id, segment, day, "
        f"cause, facts, decided_at) SELECT {ids[4]}, {who}, 'o' || {n}, 'std', 1, 'SCHEDULED', {store}, {segment}, "
        f"{day['ordered']}, 'order', '{{}}', {at['ordered']} {source}"
    )
    yield (
        "INSERT INTO invitations (id, customer_id, address_key, dedupe_key, rule_id, rule_version, snapshot, order_id, "
        "store_id, segment, zone, language, survey, questionnaire_version, state, decision_day, due_on, due_at, "
        "sent_at, sent_day, asked_at, visited_at, expires_at, key_id, token_sha256, created_at) "
        f"SELECT {ids[5]}, {who}, {address}, 'o' || {n}, 'std', 1, '{{}}', 'o' || {n}, {store}, {segment}, "
        f"'Europe/Paris', CASE WHEN {n} % 6 = 0 THEN 'en' ELSE 'fr' END, 'nps', 1, 'sent', {day['ordered']}, "
        f"{day['sent']}, {at['sent']}, {at['sent']}, {day['sent']}, {at['sent']}, {at['answered']}, :expires, 'k', "
        f"{_hash(which, 3, n)}, {at['ordered']} {source}"
    )
    yield (
        "INSERT INTO emails (id, kind, priority, invitation_id, dedupe_key, customer_id, address_key, domain_group, "
        "state, due_at, expires_at, sent_at, fence, attempts, failures, build_failures, delivery, delivery_rank, "
        f"delivery_at, key_id, unsubscribe_sha256) SELECT {ids[6]}, "
        f"'invitation', 50, {ids[5]}, 'e' || {n}, {who}, {address}, "
        f"CASE {n} % 3 WHEN 0 THEN 'google' WHEN 1 THEN 'microsoft' ELSE 'other' END, 'sent', {at['sent']}, :expires, "
        f"{at['sent']}, 1, 1, 0, 0, 'delivered', 3, {at['sent']}, 'k', {_hash(which, 4, n)} {source}"
    )
    yield (
        "INSERT INTO responses (invitation_id, standing, score, commented, answered_at, day, quarantined, store_id, "
        "segment, rule_id, rule_version, questionnaire_version, language, source, updated_at) "
        f"SELECT {ids[5]}, 1, {score}, {some}, {at['answered']}, {day['answered']}, 0, {place}, 1, "
        f"CASE WHEN {n} % 6 = 0 THEN 'en' ELSE 'fr' END, 'email', {at['answered']} {source}"
    )
    yield (
        "INSERT INTO response_revisions (invitation_id, n, page, follows, content_sha256, score, answers, verbatim, "
        f"clean, dwell_ms, client_key, at) SELECT {ids[5]}, 1, '0000000000000000', '', {_hash(which, 5, n)}, {score}, "
        f"'{{}}', CASE WHEN {some} THEN {rare} END, {_true(which)}, 9000, {_hash(which, 6, n)}, "
        f"{at['answered']} {source}"
    )
    counts = [f"sum(CASE WHEN score = {k} THEN 1 ELSE 0 END)" for k in range(11)]
    counts += ["sum(CASE WHEN wrote THEN 1 ELSE 0 END)", *(f"{times} * count(*)" for times in TIMES.values())]
    names = [*(f"score_{k}" for k in range(11)), "commented", *TIMES]
    inner = f"SELECT {score} AS score, {some} AS wrote, {store} AS store, {segment} AS segment {source}"
    for table, keys, grouped in (
        ("tallies_coarse", "day, store_id", "store"),
        (
            "tallies_fine",
            "day, store_id, rule_id, rule_version, segment, questionnaire_version",
            "store, 'std', 1, segment, 1",
        ),
    ):
        by = "store" if table.endswith("coarse") else "store, segment"
        yield (
            f"INSERT INTO {table} ({keys}, {', '.join(names)}) SELECT {day['answered']}, {grouped}, "
            f"{', '.join(counts)} FROM ({inner}) AS made GROUP BY {by}"
        )
    yield (
        "INSERT INTO tally_reasons (day, store_id, rule_id, rule_version, segment, stage, reason, n) "
        f"SELECT {day['answered']}, store, 'std', 1, segment, 'decision', reason, 2 * count(*) FROM ({inner}) AS made, "
        "(SELECT 'COOLDOWN' AS reason UNION ALL SELECT 'NO_EMAIL' UNION ALL SELECT 'UNSUBSCRIBED') AS reasons "
        "GROUP BY store, segment, reason"
    )
