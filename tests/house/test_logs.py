"""Logs: one JSON object a line, and nothing in it that opens a link, a mailbox or a person's words."""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from surveyor import logs

TOKEN = "1JrDEmbvdIfYsfy2KLZWRQ"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    stream = io.StringIO()
    logs.configure(key=b"k" * 32, level=logging.DEBUG, stream=stream)
    yield stream
    root.handlers[:], root.level = before
    logging.captureWarnings(False)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_s47_each_line_is_one_json_object_whatever_is_logged(written: io.StringIO) -> None:
    structlog.get_logger("surveyor").info('forged\n{"event": "x"}', seen="a\r\nb\x85c\u2028d\x1b[31m")
    logging.getLogger("library").warning("two\nlines %s", "here")
    assert [line["event"] for line in lines(written)] == ['forged\n{"event": "x"}', "two\nlines here"]
    assert all(ord(letter) >= 32 and letter not in "\x85\u2028\x7f" for letter in written.getvalue().replace("\n", ""))


@pytest.mark.parametrize(
    "said",
    [
        f"GET /s/{TOKEN}/9 200",
        f"POST https://avis.example.fr/u/{TOKEN}",
        f"GET /reset/{TOKEN}{TOKEN}?lang=fr",
        f"POST /sign-in/link/{TOKEN}_-{TOKEN}",
        "Authorization: Bearer svk_live_0123456789abcdef",
        "{'Cookie': 'session=abcdef0123456789'}",
        "key svk_0123456789abcdef is revoked",
        "provider key SG.aaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbb",
        "sent to zoe.martin+x@courriel.example",
        "nonce=0123456789abcdef",
        "postgresql://surveyor:abcdef0123456789@db/x",
        "[parameters: ('zoe.martin@courriel.example', 'un mot du client')]",
        "DETAIL:  Key (email)=(zoe.martin@courriel.example) already exists.",
    ],
)
def test_s46_what_must_not_be_read_is_not_there(written: io.StringIO, said: str) -> None:
    logging.getLogger("anything").error(said)
    structlog.get_logger("surveyor").info("event", detail=said, deep={"list": [said]})
    for secret in (TOKEN, "0123456789abcdef", "bbbbbbbb", "zoe.martin", "un mot du client"):
        assert secret not in written.getvalue()


@pytest.mark.parametrize(
    "field", ["email", "comment", "first_name", "Authorization", "Set-Cookie", "verbatim", "token"]
)
def test_a_field_with_a_personal_name_is_hidden(written: io.StringIO, field: str) -> None:
    structlog.get_logger("surveyor").info("event", **{field: "canary"})
    assert "canary" not in written.getvalue()


def test_a_link_is_still_recognisable_and_so_is_an_address(written: io.StringIO) -> None:
    for _ in range(2):
        logging.getLogger("web").info("GET /s/%s for %s", TOKEN, "Zoe@courriel.example")
    first, second = [line["event"] for line in lines(written)]
    assert first == second
    assert first.startswith("GET /s/…")
    assert "contact:" in first


@pytest.mark.parametrize("path", ["/sign-in/link/", "/reset/", "/invitation/"])
def test_s46_a_way_in_is_in_no_log(written: io.StringIO, path: str) -> None:
    structlog.get_logger("surveyor.access").info("request", path=f"{path}ReEAeBAS_CQJ0qU3FGaSDR7-HX798LGlZ5pSeaJiXXxM")
    assert lines(written)[0]["path"].startswith(f"{path}…")
    assert "ReEAeBAS" not in written.getvalue()
    assert "HX798" not in written.getvalue()


def test_a_trace_is_filtered(written: io.StringIO) -> None:
    try:
        raise ValueError(f"bad link /s/{TOKEN} of zoe.martin@courriel.example")
    except ValueError:
        structlog.get_logger("surveyor").exception("it failed")
    assert "ValueError" in lines(written)[0]["exception"]
    assert TOKEN not in written.getvalue()
    assert "zoe.martin" not in written.getvalue()


def test_libraries_that_print_keys_at_debug_are_kept_quiet(written: io.StringIO) -> None:
    for name in ("python_http_client", "python_http_client.client", "sqlalchemy.engine", "urllib3"):
        logging.getLogger(name).debug("canary")
        logging.getLogger(name).info("canary")
    assert written.getvalue() == ""


def test_a_warning_of_python_goes_the_same_way(written: io.StringIO) -> None:
    warnings.warn("zoe.martin@courriel.example", stacklevel=1)
    assert lines(written)[0]["level"] == "warning"
    assert "zoe.martin" not in written.getvalue()
