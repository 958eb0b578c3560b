"""Settings: every name is read once, what is wrong is named with what was expected, no secret is ever shown."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from surveyor.errors import SettingsError
from surveyor.settings import KEYS_FILE, Settings, masked, with_keys
from surveyor.settings.show import without_password
from surveyor.settings.transport import unprotected

GOOD_KEY = base64.b64encode(bytes((7 * n * n + 13 * n) % 251 for n in range(32))).decode()
PRODUCTION = {
    "SURVEYOR_ENV": "production",
    "SURVEYOR_SECRET_KEYS": GOOD_KEY,
    "SURVEYOR_BASE_URL": "https://avis.example.fr",
    "SURVEYOR_DATABASE_URL": "postgresql+psycopg://surveyor:hunter22@db/surveyor",
    "SURVEYOR_REDIS_URL": "rediss://:hunter22@cache:6379/0",
    "SURVEYOR_MAIL_URL": "smtp://user:hunter22@relay:587?starttls=1",
}


def refusal(environ: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as refused:
        Settings.read(environ)
    return str(refused.value)


def test_an_empty_environment_is_the_embedded_set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.read({})
    assert settings.embedded
    assert settings.home == tmp_path / "var"
    assert settings.database_url == f"sqlite:///{tmp_path}/var/surveyor.db"
    assert settings.read_database_url == settings.database_url
    assert settings.mail_url == f"outbox://{tmp_path}/var/outbox"
    assert (settings.redis_url, settings.base_url) == ("", "http://127.0.0.1:8000")
    assert (settings.volume_times, Settings.read({"SURVEYOR_VOLUME_TIMES": "1.5"}).volume_times) == (3.0, 1.5)
    assert not (tmp_path / "var").exists(), "reading settings makes nothing"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("SURVEYOR_ENV", "prod", "embedded or production"),
        ("SURVEYOR_DATABASE_URL", "mysql://x", "sqlite:///FILE or postgresql"),
        ("SURVEYOR_DATABASE_URL", "surveyor.db", "sqlite:///FILE or postgresql"),
        ("SURVEYOR_REDIS_URL", "localhost:6379", "redis://HOST:PORT/N"),
        ("SURVEYOR_MAIL_URL", "localhost", "a URL such as"),
        ("SURVEYOR_BASE_URL", "avis.example.fr", "https://HOST"),
        ("SURVEYOR_BASE_URL", "https://avis.example.fr/x", "without path"),
        ("SURVEYOR_BASE_URL", "https://a:b@avis.example.fr", "without path, query or user"),
        ("SURVEYOR_BASE_URL", "https://avis.example.fr:99999", "https://HOST"),
        ("SURVEYOR_VOLUME_TIMES", "0.5", "a number from 1 to 100"),
        ("SURVEYOR_VOLUME_TIMES", "101", "a number from 1 to 100"),
        ("SURVEYOR_VOLUME_TIMES", "nan", "a number from 1 to 100"),
        ("SURVEYOR_VOLUME_TIMES", "1,5", "such as 3 or 1.5"),
        ("SURVEYOR_TRUSTED_PROXIES", "-1", "a whole number from 0 to 10"),
        ("SURVEYOR_TRUSTED_PROXIES", "１", "a whole number from 0 to 10"),
        ("SURVEYOR_METRICS_NETWORKS", "10.0.0.1/8", "comma-separated networks"),
        ("SURVEYOR_FROM", "nobody", "one address"),
        ("SURVEYOR_FROM", "a@b.fr\nBcc: x@y.fr", "one address"),
        ("SURVEYOR_FROM", "a@b.fr, c@d.fr", "one address"),
        ("SURVEYOR_MAIL_URL", "smtp://relay.example:99999", "a URL such as"),
        ("SURVEYOR_MAIL_URL", "smtp://u:hunter22@[::1", "a URL such as"),
        ("SURVEYOR_DATABASE_URL", "postgresql+psycopg://u:hunter22@[::1/d", "sqlite:///FILE or postgresql"),
        ("SURVEYOR_REDIS_URL", "redis://cache:port/0", "redis://HOST:PORT/N"),
        ("SURVEYOR_TIME_ZONE", "Europe/Pari", "an IANA time zone"),
        ("SURVEYOR_TIME_ZONE", "../../etc/passwd", "an IANA time zone"),
        ("SURVEYOR_LANGUAGE", "de", "fr or en"),
        ("SURVEYOR_ORDERS_STREAM", "a b", "without blanks"),
        ("SURVEYOR_ALLOW_TIME_TRAVEL", "yes", "0 or 1"),
        ("SURVEYOR_SECRET_KEYS", "short", "base64 of secrets of 32 random bytes"),
        ("SURVEYOR_SECRET_KEYS", base64.b64encode(b"x" * 31).decode(), "one is not 32 bytes long"),
        ("SURVEYOR_SECRET_KEYS", f"{GOOD_KEY},{GOOD_KEY}", "one is listed twice"),
    ],
)
def test_a_wrong_value_stops_the_start_and_is_named(name: str, value: str, expected: str) -> None:
    said = refusal({name: value})
    assert said.startswith(f"{name}: expected ")
    assert expected in said


def test_everything_wrong_is_said_at_once() -> None:
    said = refusal({"SURVEYOR_LANGUAGE": "de", "SURVEYOR_ENV": "prod", "SURVEYOR_ALLOW_TIME_TRAVEL": "2"})
    assert len(said.splitlines()) == 3


def test_a_wrong_secret_is_not_repeated() -> None:
    assert "hunter22" not in refusal({"SURVEYOR_SECRET_KEYS": "hunter22", "SURVEYOR_DATABASE_URL": "hunter22"})


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("SG.abc\n")
    assert Settings.read({"SENDGRID_API_KEY_FILE": str(tmp_path / "key")}).sendgrid_api_key == "SG.abc"


def test_a_file_that_is_not_there_and_a_name_given_twice_are_refused(tmp_path: Path) -> None:
    assert "SENDGRID_API_KEY_FILE: the file cannot be read" in refusal({"SENDGRID_API_KEY_FILE": str(tmp_path / "x")})
    (tmp_path / "key").write_text("a")
    both = {"SENDGRID_API_KEY": "a", "SENDGRID_API_KEY_FILE": str(tmp_path / "key")}
    assert "both set" in refusal(both)


def test_production_with_everything_starts() -> None:
    assert Settings.read(PRODUCTION).production


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"SURVEYOR_SECRET_KEYS": ""}, "SURVEYOR_SECRET_KEYS: production needs secrets of its own"),
        ({"SURVEYOR_SECRET_KEYS": base64.b64encode(b"a" * 32).decode()}, "a sample or a repeated value"),
        ({"SURVEYOR_SECRET_KEYS": base64.b64encode(bytes(range(32))).decode()}, "a sample or a repeated value"),
        ({"SURVEYOR_BASE_URL": "http://avis.example.fr"}, "SURVEYOR_BASE_URL: production needs https"),
        ({"SURVEYOR_DATABASE_URL": "sqlite:///x.db"}, "SURVEYOR_DATABASE_URL: production needs PostgreSQL"),
        ({"SURVEYOR_REDIS_URL": ""}, "SURVEYOR_REDIS_URL: production needs Redis"),
        ({"SURVEYOR_FAULT_PLAN": "claim.committed=1"}, "SURVEYOR_FAULT_PLAN: is for tests"),
        ({"SURVEYOR_ALLOW_TIME_TRAVEL": "1"}, "SURVEYOR_ALLOW_TIME_TRAVEL: production refuses it"),
    ],
)
def test_s13_production_refuses_to_start(change: dict[str, str], named: str) -> None:
    assert named in refusal(PRODUCTION | change)


@pytest.mark.parametrize(
    ("name", "value", "safe"),
    [
        ("SURVEYOR_DATABASE_URL", "postgresql+psycopg://u:p@db.example.fr/s", False),
        ("SURVEYOR_DATABASE_URL", "postgresql+psycopg://u:p@db.example.fr/s?sslmode=require", False),
        ("SURVEYOR_DATABASE_URL", "postgresql+psycopg://u:p@db.example.fr/s?sslmode=verify-full", True),
        ("SURVEYOR_DATABASE_URL", "postgresql+psycopg://u:p@127.0.0.1/s", True),
        ("SURVEYOR_DATABASE_URL", "postgresql+psycopg:///s?host=/run/postgresql", True),
        ("SURVEYOR_DATABASE_URL", "postgresql+psycopg:///s?host=db.example.fr", False),
        ("SURVEYOR_READ_DATABASE_URL", "postgresql+psycopg://u:p@10.0.0.4/s", False),
        ("SURVEYOR_REDIS_URL", "redis://10.0.0.5:6379/0", False),
        ("SURVEYOR_REDIS_URL", "rediss://redis.example.fr:6379/0", True),
        ("SURVEYOR_REDIS_URL", "rediss://redis.example.fr:6379/0?ssl_cert_reqs=none", False),
        ("SURVEYOR_REDIS_URL", "redis://[::1]:6379/0", True),
        ("SURVEYOR_REDIS_URL", "unix:///run/redis.sock", True),
    ],
)
def test_s53_a_database_or_redis_elsewhere_without_verified_tls_is_named(name: str, value: str, safe: bool) -> None:
    said = unprotected(Settings.read({name: value}))
    assert said == [] if safe else [one.partition(":")[0] for one in said] == [name]
    assert "u:p" not in "".join(said)


def test_s13_no_secret_is_shown_anywhere() -> None:
    settings = Settings.read({**PRODUCTION, "SENDGRID_API_KEY": "SG.hunter22"})
    shown = f"{masked(settings)} {settings!r} {settings}"
    assert "hunter22" not in shown
    assert GOOD_KEY not in shown
    assert masked(settings)["SURVEYOR_DATABASE_URL"] == "postgresql+psycopg://surveyor:********@db/surveyor"


def test_a_password_in_the_query_of_a_url_is_masked_too() -> None:
    assert without_password("sendgrid://?host=h&api_key=k") == "sendgrid://?host=h&api_key=********"


def test_the_embedded_set_up_draws_its_secret_once_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings.read({"SURVEYOR_HOME": str(tmp_path / "home")})
    first = with_keys(settings)
    assert len(first.secret_keys[0]) == 32
    assert with_keys(settings).secret_keys == first.secret_keys
    path = tmp_path / "home" / KEYS_FILE
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path / "home") == [KEYS_FILE]


def test_a_damaged_secret_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / KEYS_FILE).write_text("half a sec")
    with pytest.raises(SettingsError, match="put the secrets of this installation back"):
        with_keys(Settings.read({"SURVEYOR_HOME": str(tmp_path)}))
    assert (tmp_path / KEYS_FILE).read_text() == "half a sec"


def test_a_misspelt_setting_is_pointed_out() -> None:
    assert Settings.read({"SURVEYOR_BASE_ULR": "x"}).unknown == {"SURVEYOR_BASE_ULR": "SURVEYOR_BASE_URL"}
