"""Publishing rules: whole or not at all, never over somebody else's version, always with who and why."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from surveyor.core.rules import KnownNames
from surveyor.db import audit, rules
from surveyor.errors import NotFound, Refused, SettingsError
from surveyor.flows.check_invariants.rules import rules_hold
from surveyor.flows.customer_journey import active_rules
from surveyor.flows.known_names import known_names
from surveyor.flows.publish_rules import (
    Draft,
    compare_versions,
    edited_by_hand,
    publish_first,
    publish_rules,
    roll_back,
    sync_file,
)
from surveyor.shipped import shipped
from tests.flows.meanwhile import Meanwhile
from tests.flows.orders import at, decisions, event, record, use_rules

NOW = at("2026-02-20T09:00")
TWO = '[[rule]]\nid = "drive"\n'
THREE = '[[rule]]\nid = "drive"\nmin_orders = 3\n'


def _publish(sessions: Any, text: str, **said: Any) -> int:
    now = said.pop("now", NOW)
    file = said.pop("file", None)
    draft = Draft(text, **{"author": "Zoé", "actor": "u1", "why": "essai", **said})
    return publish_rules(sessions, draft, now=now, file=file).version.number


def _code(error: Any) -> str:
    return str(error.value.code)


def test_the_first_start_publishes_what_is_shipped_once(sessions: Any, tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    first = publish_first(sessions, TWO, now=NOW, file=file)
    assert first is not None
    assert first.number == 1
    assert publish_first(sessions, THREE, now=NOW) is None
    assert file.read_text().endswith(TWO)


@pytest.mark.parametrize("before", [2, 3])
def test_of_two_that_start_at_once_on_an_empty_database_one_publishes_and_both_go_on(
    sqlite_sessions: Any, before: int
) -> None:
    """The other published before the text was checked, or between the check and the commit."""
    other = Meanwhile(sqlite_sessions, lambda: publish_first(sqlite_sessions, TWO, now=NOW), before=before)
    assert publish_first(other, THREE, now=NOW) is None
    with sqlite_sessions() as session:
        assert [one.text for one in rules.versions(session)] == [TWO]


def test_a_first_text_that_cannot_be_published_is_told(sqlite_sessions: Any) -> None:
    with pytest.raises(Refused) as error:
        publish_first(sqlite_sessions, "x =", now=NOW)
    assert _code(error) == "syntax"


def test_a_version_has_its_number_author_reason_and_base(sessions: Any) -> None:
    publish_first(sessions, TWO, now=NOW)
    assert _publish(sessions, THREE, why=" moins d'e-mails ") == 2
    with sessions.begin() as session:
        newest, oldest = rules.versions(session)
        assert (newest.number, newest.base, newest.author, newest.why) == (2, 1, "Zoé", "moins d'e-mails")
        assert oldest.text == TWO
        number, found = active_rules(session)
        assert (number, found.rules[0].min_orders) == (2, 3)
        assert audit.verify(session) == []
        assert audit.count(session) == 2


def test_decisions_say_the_version_that_made_them(sessions: Any) -> None:
    publish_first(sessions, TWO, now=NOW)
    record(sessions, event("o1", "c1", NOW), now=NOW)
    _publish(sessions, '[[rule]]\nid = "drive"\nmin_orders = 1\n', confirm_volume=1)
    record(sessions, event("o2", "c1", NOW), now=NOW)
    assert decisions(sessions)[1][2] == "SCHEDULED"


def test_a_draft_of_an_older_version_is_refused(sessions: Any) -> None:
    publish_first(sessions, TWO, now=NOW)
    _publish(sessions, THREE, base=1)
    with pytest.raises(Refused) as error:
        _publish(sessions, TWO, base=1)
    assert _code(error) == "rules_version_conflict"
    assert error.value.status == 409
    assert "La version 2" in error.value.complaints[0].message_fr


def test_a_text_with_errors_is_refused_with_all_of_them(sessions: Any) -> None:
    publish_first(sessions, TWO, now=NOW)
    with pytest.raises(Refused) as error:
        _publish(sessions, '[[rule]]\nid = "drive"\ndealy_days = 2\nmin_orders = 0\n')
    assert {one.code for one in error.value.complaints} == {"unknown_key", "range"}
    with sessions.begin() as session:
        assert active_rules(session)[0] == 1


def test_a_reason_is_asked_for(sessions: Any) -> None:
    with pytest.raises(Refused) as error:
        _publish(sessions, TWO, why="  ")
    assert _code(error) == "rules_reason_required"


def test_warnings_ask_for_a_tick(sessions: Any) -> None:
    text = '[[rule]]\nid = "drive"\nsampling_rate = 0.0\n'
    with pytest.raises(Refused) as error:
        _publish(sessions, text)
    assert _code(error) == "rules_warnings"
    assert _publish(sessions, text, accept_warnings=True) == 1


def test_what_does_not_exist_is_named(sessions: Any) -> None:
    known = KnownNames.from_lists({"stores": ["S1", "S2"]})
    draft = Draft('[[rule]]\nid = "drive"\nstore_ids = ["S9"]\n', "Zoé", "essai")
    with pytest.raises(Refused) as error:
        publish_rules(sessions, draft, now=NOW, known=known)
    assert _code(error) == "unknown_ref"


def test_over_three_times_the_emails_the_number_has_to_be_typed(sessions: Any) -> None:
    publish_first(sessions, THREE, now=NOW)
    for n in range(8):
        when = NOW - timedelta(days=10, hours=n)
        record(sessions, event(f"a{n}", f"c{n}", when - timedelta(days=20)), event(f"b{n}", f"c{n}", when), now=when)
    record(sessions, *(event(f"x{n}", "c0", NOW - timedelta(days=15, hours=n)) for n in range(3)), now=NOW)
    with pytest.raises(Refused) as error:
        _publish(sessions, TWO)
    assert _code(error) == "rules_volume_confirm"
    assert "8 invitations en 30 jours au lieu de 1." in error.value.complaints[0].message_fr
    with pytest.raises(Refused):
        _publish(sessions, TWO, confirm_volume=7)
    with pytest.raises(Refused):
        _publish(sessions, TWO, times=7.5)
    assert _publish(sessions, TWO, confirm_volume=8) == 2


def test_an_installation_says_over_how_many_times_it_wants_the_number(sessions: Any) -> None:
    publish_first(sessions, THREE, now=NOW)
    for n in range(8):
        when = NOW - timedelta(days=10, hours=n)
        record(sessions, event(f"a{n}", f"c{n}", when - timedelta(days=20)), event(f"b{n}", f"c{n}", when), now=when)
    record(sessions, *(event(f"x{n}", "c0", NOW - timedelta(days=15, hours=n)) for n in range(3)), now=NOW)
    assert _publish(sessions, TWO, times=8.0) == 2


def test_an_old_version_comes_back_as_a_new_one(sessions: Any, tmp_path: Path) -> None:
    publish_first(sessions, TWO, now=NOW)
    _publish(sessions, THREE)
    file = tmp_path / "rules.toml"
    again = roll_back(sessions, 1, Draft("", "Zoé", "retour"), now=NOW, file=file)
    assert (again.version.number, again.version.text) == (3, TWO)
    assert file.read_text().endswith(TWO)
    with pytest.raises(NotFound, match="no version 9"):
        roll_back(sessions, 9, Draft("", "Zoé", "retour"), now=NOW)


def test_two_versions_are_compared_in_words(sessions: Any) -> None:
    publish_first(sessions, TWO, now=NOW)
    _publish(sessions, THREE)
    assert any("2" in line and "3" in line for line in compare_versions(sessions, 1, 2, language="fr"))


def test_of_two_that_publish_at_once_one_is_told(sessions: Any) -> None:
    publish_first(sessions, TWO, now=NOW)
    outcomes: list[str] = []
    barrier = threading.Barrier(2)

    def publish(text: str) -> None:
        barrier.wait()
        try:
            outcomes.append(str(_publish(sessions, text, base=1)))
        except Refused as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=publish, args=(text,)) for text in (TWO + "delay_days = 3\n", THREE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["2", "rules_version_conflict"]


def test_the_file_follows_the_version_but_never_over_a_hand_edited_text(sqlite_sessions: Any, tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    assert sync_file(sqlite_sessions, file) is False
    publish_first(sqlite_sessions, TWO, now=NOW)
    assert sync_file(sqlite_sessions, file) is True
    assert sync_file(sqlite_sessions, file) is False
    _publish(sqlite_sessions, THREE)
    assert sync_file(sqlite_sessions, file) is True
    assert file.read_text().endswith(THREE)
    file.write_text("# à moi\n" + TWO)
    assert sync_file(sqlite_sessions, file) is False
    assert file.read_text() == "# à moi\n" + TWO
    assert [path.name for path in tmp_path.iterdir()] == ["rules.toml"]


def test_rules_in_force_that_cannot_be_read_any_more_are_a_defect_that_is_named(sqlite_sessions: Any) -> None:
    use_rules(sqlite_sessions, "x =")
    with sqlite_sessions() as session, pytest.raises(SettingsError, match="cannot be read: syntax"):
        active_rules(session)


def test_after_any_number_of_versions_the_active_one_is_read(sqlite_sessions: Any) -> None:
    for n in range(1, 68):
        use_rules(sqlite_sessions, TWO + f"min_orders = {n % 9 + 1}\n")
        with sqlite_sessions() as session:
            number, found = active_rules(session)
        assert (number, found.rules[0].min_orders) == (n, n % 9 + 1)


def test_without_an_installation_the_names_are_those_that_come_with_the_product(sqlite_sessions: Any) -> None:
    shipped_ones = known_names(None, shipped("emails"))
    assert "invitation" in (shipped_ones.of("emails") or ())
    with sqlite_sessions() as session:
        here = known_names(session, shipped("emails"))
    assert here.of("emails") == shipped_ones.of("emails")


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_an_edited_export_is_published_without_its_header_and_is_then_the_file(
    sqlite_sessions: Any, tmp_path: Path, line_end: str
) -> None:
    """What docs/rules.md tells a person to do: edit rules.toml, check, publish; on any system."""
    file = tmp_path / "rules.toml"
    publish_first(sqlite_sessions, TWO, now=NOW, file=file)
    edited = file.read_text().replace('id = "drive"\n', 'id = "drive"\nmin_orders = 3\n').replace("\n", line_end)
    file.write_bytes(edited.encode())
    assert _publish(sqlite_sessions, file.read_bytes().decode(), file=file) == 2
    with sqlite_sessions() as session:
        kept = rules.version(session, 2)
        assert kept is not None
        assert kept.text == THREE.replace("\n", line_end)
        assert list(rules_hold(session, file)) == []
        assert edited_by_hand(session, file) is None
    assert sync_file(sqlite_sessions, file) is False
    assert file.read_bytes().decode().count("# surveyor") == 2
    file.write_bytes(b"# mine\n" + file.read_bytes())
    with sqlite_sessions() as session:
        assert [one.code for one in rules_hold(session, file)] == ["E8"]
