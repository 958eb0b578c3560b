"""`surveyor release-sends`: what would go out is shown by kind, a person is asked, and their name is kept."""

from __future__ import annotations

import getpass
import io
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from surveyor.core.guard import OTHER_CLUSTER
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.instance import Instance
from surveyor.flows import erasure_list
from tests.cli.conftest import Terminal
from tests.cli.test_line import HEAD


@pytest.fixture
def held(terminal: Terminal, tmp_path: Path) -> str:
    """A home whose database is an older backup, two invitations waiting in it; the address of one of them."""
    from surveyor.cli.installation import installation, now

    orders = tmp_path / "orders.csv"
    days = [(now() - timedelta(days=back)).isoformat(timespec="seconds") for back in (9, 1)]
    lines = [
        f"{name}{n},order.completed,{name},{name}@example.fr,Ana,S1,{day}"
        for name in "ab"
        for n, day in enumerate(days)
    ]
    orders.write_text(HEAD + "\n".join(lines) + "\n")
    assert terminal.run("orders", "import", str(orders)) == 0
    assert terminal.run("run-due") == 0
    (terminal.home / "epoch").write_text("99\n")
    with installation() as house, house.sessions.begin() as session:
        session.execute(update(Instance).values(epoch=3))
    assert terminal.run("run-due") == 0
    return "a@example.fr"


def test_nothing_leaves_until_somebody_says_yes(terminal: Terminal, held: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from surveyor.cli.installation import installation, now

    with installation() as house:
        key = house.keyring.address_key(held)
    erasure_list.append(terminal.home, key, now=now())
    for said in ("", "n\n"):
        monkeypatch.setattr("sys.stdin", io.StringIO(said))
        assert terminal.run("release-sends") == 1
        assert "not released" in terminal.err
    assert "invitation: 0 due, 2 later, 0 expired" in terminal.err
    assert "an older backup" in terminal.err
    told = terminal.json("release-sends", "--yes")
    assert (told["released"], told["erased_again"], told["waiting"][0]["kind"]) == (True, 1, "invitation")
    with installation() as house, house.sessions() as session:
        row = session.scalars(select(Instance)).one()
        assert (row.sending, row.released_by, row.epoch) == ("released", getpass.getuser(), 100)
        assert sorted(session.scalars(select(Customer.email))) == ["", "b@example.fr"]
    assert (terminal.home / "epoch").read_text() == "100\n"
    assert terminal.json("release-sends")["released"] is False


def test_after_a_failover_a_person_is_told_what_to_wait_for(
    terminal: Terminal, held: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from surveyor.cli.installation import installation

    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert terminal.run("release-sends") == 1
    assert "provider's events" not in terminal.err
    with installation() as house, house.sessions.begin() as session:
        session.execute(update(Instance).values(reason=OTHER_CLUSTER))
    assert terminal.run("release-sends") == 1
    assert "wait for the provider's events first" in terminal.err
