"""Brands out of a file: declared with their logos, corrected by a second file, each bad line left out and named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from surveyor.db import brands
from surveyor.flows.import_brands import import_brands
from surveyor.settings import Settings
from tests.flows.orders import at
from tests.web.test_brands import picture

pytestmark = pytest.mark.postgres
NOW = at("2026-11-20T09:00")
HEAD = "brand_id,name,accent,ground,legal_fr,sender_address,sender_id,logo\n"


def run(sessions: Any, tmp_path: Path, lines: str, head: str = HEAD) -> Any:
    file = tmp_path / "brands.csv"
    file.write_text(head + lines, encoding="utf-8")
    here = SimpleNamespace(sessions=sessions, settings=replace(Settings.read({})))
    return import_brands(here, file, encoding="utf-8", now=NOW)


def test_a_file_declares_brands_with_their_logos(sessions: Any, tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(picture())
    lines = (
        "claires,Courses Claires,#0B3D91,#eef2fa,SAS,avis@courses.example,claires,logo.png\nsport,Claire Sport,,,,,,\n"
    )
    done = run(sessions, tmp_path, lines)
    assert (done.added, done.changed, done.refused) == (2, 0, [])
    with sessions() as session:
        found: Any = brands.find(session, "claires")
        assert found.colours == {"accent": "#0b3d91", "ground": "#eef2fa"}
        assert found.sender.address == "avis@courses.example"
        assert brands.logo(session, found.logo.rpartition("/")[2])
    again = run(sessions, tmp_path, lines)
    assert (again.added, again.changed) == (0, 0), "twice the same file changes nothing"
    partly = run(sessions, tmp_path, "claires,Claires\n", "brand_id,name\n")
    assert partly.changed == 1
    with sessions() as session:
        kept: Any = brands.find(session, "claires")
        assert (kept.name, kept.logo, kept.legal_fr) == ("Claires", found.logo, "SAS")
        assert [one.n for one in brands.versions(session, "claires")] == [2, 1]


def test_a_bad_line_is_left_out_and_named(sessions: Any, tmp_path: Path) -> None:
    (tmp_path / "page.png").write_text("<svg/>")
    lines = "a,A,#ffcc00,,,,,\nb,B,,,,nobody,,\nc,C,,,,,,page.png\nd,D,,,,,,nowhere.png\ne,E,,,,,,\n"
    done = run(sessions, tmp_path, lines)
    assert done.added == 1
    assert {(one.where, one.code) for one in done.refused} == {
        ("2:accent", "colour_contrast"),
        ("3:address", "field_value"),
        ("4:logo", "upload_type"),
        ("5:logo", "file_missing"),
    }
