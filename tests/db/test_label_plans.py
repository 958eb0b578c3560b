"""Whether every comment is sorted is asked of an index, however many comments there are: each kept count asks it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event, text

from surveyor.db.engine import dialect_name
from surveyor.db.labels import all_sorted

MANY = 20_000
_ROWS = {
    "postgresql": "SELECT gen_random_uuid(), 1, 3, '' FROM generate_series(1, {many})",
    "sqlite": "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {many}) "
    "SELECT randomblob(16), 1, 3, '' FROM c",
}
_NO_PARENTS = {
    "postgresql": "SET LOCAL session_replication_role = replica",
    "sqlite": "PRAGMA defer_foreign_keys = ON",
}


def test_whether_all_is_sorted_reads_an_index_at_both_ends_and_no_table(sessions: Any) -> None:
    asked: list[tuple[str, Any]] = []
    with sessions() as session:
        dialect = dialect_name(session)
        connection = session.connection()
        connection.execute(text(_NO_PARENTS[dialect]))  # what it is about is not read; nothing of this is committed
        rows = _ROWS[dialect].format(many=MANY)
        connection.execute(text(f"INSERT INTO labellings (invitation_id, revision, version, themes) {rows}"))
        connection.execute(text("ANALYZE labellings"))
        event.listen(connection, "before_cursor_execute", lambda *told: asked.append((told[2], told[3])))
        assert all_sorted(session, 3)
        assert not all_sorted(session, 4)
        statement, values = asked[0]
        explain = "EXPLAIN " if dialect == "postgresql" else "EXPLAIN QUERY PLAN "
        plan = "\n".join(str(tuple(row)) for row in connection.exec_driver_sql(explain + statement, values))
        session.rollback()
    assert "labelling_version" in plan
    assert "Seq Scan" not in plan
    assert "SCAN labellings" not in plan
