"""The outbox writes each email once, and shows it again."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from surveyor.mail.message import Message
from surveyor.mail.providers.base import ChannelError, Unknown
from surveyor.mail.providers.outbox import Outbox, OutboxProvider
from tests.mail.providers.conftest import NOW

Make = Callable[..., Message]


def test_a_second_hand_over_changes_nothing(tmp_path: Path, make: Make) -> None:
    provider = OutboxProvider(tmp_path / "o")
    message = make()
    provider.send(message)
    before = (tmp_path / "o" / "new" / f"{message.id_text}.eml").stat()
    again = provider.send(make(email_id=message.email_id, attempt=2, wire=b"other"))
    after = (tmp_path / "o" / "new" / f"{message.id_text}.eml").stat()
    assert again.evidence == "already in the outbox"
    assert (before.st_ino, before.st_size) == (after.st_ino, after.st_size)
    assert list((tmp_path / "o" / "tmp").iterdir()) == []


def test_what_stands_beside_says_the_envelope(tmp_path: Path, make: Make) -> None:
    message = make()
    OutboxProvider(tmp_path, synced=False).send(message)
    beside = json.loads((tmp_path / "new" / f"{message.id_text}.json").read_text("utf-8"))
    assert beside["envelope_from"] == message.envelope_sender
    assert beside["envelope_to"] == "zoe.martin@exemple.test"
    assert (beside["attempt"], beside["kind"], beside["language"]) == (1, "invitation", "fr")


def test_the_list_is_newest_first_and_a_message_opens(tmp_path: Path, make: Make) -> None:
    provider = OutboxProvider(tmp_path)
    ids = [UUID(int=(0x0192F1C4 + n) << 96 | 0x7000 << 64 | 1 << 63) for n in range(5)]
    for one in ids:
        provider.send(make(f"c{one.hex[:8]}@exemple.test", email_id=one))
    outbox = Outbox(tmp_path)
    assert outbox.count() == 5
    assert [entry.email_id for entry in outbox.entries(limit=2)] == [ids[4], ids[3]]
    assert [entry.email_id for entry in outbox.entries(limit=2, offset=4)] == [ids[0]]
    opened = outbox.open(ids[2])
    assert opened is not None
    assert opened.entry.subject == "Votre avis sur votre commande du 12 novembre 2026"
    assert "Bonjour Zoé," in opened.text
    assert "Bonjour Zoé," in opened.html
    assert ("Content-Language", "fr") in opened.headers
    assert outbox.open(uuid4()) is None


def test_an_outbox_that_does_not_exist_yet_is_empty(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "none")
    assert (outbox.count(), outbox.entries()) == (0, [])
    assert isinstance(OutboxProvider(tmp_path / "none").lookup(uuid4(), NOW), Unknown)


def test_a_lost_note_beside_does_not_lose_the_email(tmp_path: Path, make: Make) -> None:
    message = make()
    OutboxProvider(tmp_path).send(message)
    (tmp_path / "new" / f"{message.id_text}.json").write_text("{", "utf-8")
    assert [entry.email_id for entry in Outbox(tmp_path).entries()] == [message.email_id]


def test_a_folder_that_is_a_file_needs_a_person(tmp_path: Path, make: Make) -> None:
    (tmp_path / "o").write_text("x")
    provider = OutboxProvider(tmp_path / "o" / "inside")
    for act in (provider.probe, lambda: provider.send(make())):
        with pytest.raises(ChannelError, match="outbox"):
            act()


def test_a_file_is_whole_or_absent_when_a_worker_dies_before_the_link(tmp_path: Path, make: Make) -> None:
    message = make()
    provider = OutboxProvider(tmp_path)
    child = os.fork()
    if child == 0:
        from surveyor import faults

        faults.install({"call.half_sent": 1}, act=lambda: os._exit(9))
        provider.send(message)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert Outbox(tmp_path).count() == 0
    provider.send(make(email_id=message.email_id, attempt=2))
    assert Outbox(tmp_path).count() == 1
