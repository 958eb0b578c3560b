"""Where webhooks may lead, how their messages are signed, and how long they are tried."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network

import pytest

from surveyor.core.outgoing import PAUSE_AFTER, WAITS, Policy, is_refused, judge, new_secret, read_url, sign
from surveyor.errors import Refused

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
INSIDE = Policy(networks=(ip_network("10.20.0.0/16"),), ports=(8443,))


@pytest.mark.parametrize(
    "text",
    [
        *("0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.31.255.255", "192.0.0.8"),
        *("192.0.2.1", "192.88.99.1", "192.168.1.1", "198.19.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1"),
        *("240.0.0.1", "255.255.255.255", "::", "::1", "::10.0.0.1", "::ffff:8.8.8.8", "::ffff:10.0.0.1"),
        *("64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:808:808::1", "3fff::1"),
        *("fc00::1", "fd12::1", "fe80::1", "fec0::1", "ff02::1", "5f00::1"),
    ],
)
def test_s38_nothing_goes_to_the_inside(text: str) -> None:
    assert is_refused(ip_address(text), Policy())


@pytest.mark.parametrize("text", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"])
def test_the_internet_is_open_by_https_alone(text: str) -> None:
    assert not is_refused(ip_address(text), Policy())
    assert is_refused(ip_address(text), Policy(), secure=False)


def test_declared_networks_are_open_and_no_others_in_plain_http_too() -> None:
    assert not is_refused(ip_address("10.20.3.4"), INSIDE)
    assert not is_refused(ip_address("10.20.3.4"), INSIDE, secure=False)
    assert not is_refused(ip_address("::ffff:10.20.3.4"), INSIDE)
    assert is_refused(ip_address("10.21.0.1"), INSIDE)


@pytest.mark.parametrize(
    ("url", "host", "port", "path", "authority"),
    [
        ("https://hooks.example.com", "hooks.example.com", 443, "/", "hooks.example.com"),
        ("https://Hooks.Example.com:443/a?b=c", "hooks.example.com", 443, "/a?b=c", "hooks.example.com"),
        ("https://café.example/x", "xn--caf-dma.example", 443, "/x", "xn--caf-dma.example"),
        ("https://１２７.0.0.1/", "127.0.0.1", 443, "/", "127.0.0.1"),
        ("https://[2606:4700::1]/", "2606:4700::1", 443, "/", "[2606:4700::1]"),
    ],
)
def test_an_address_is_read_as_it_is_connected_to(url: str, host: str, port: int, path: str, authority: str) -> None:
    target = read_url(url, Policy())
    assert (target.host, target.port, target.path, target.authority) == (host, port, path, authority)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://example.com/hook", "https required"),
        ("ftp://example.com/", "https required"),
        ("example.com/hook", "https required"),
        ("https://user:pw@example.com/", "credentials in the address"),
        ("https://@example.com/", "credentials in the address"),
        ("https://example.com:8080/", "port 8080 not allowed"),
        ("https://example.com:99999/", "unreadable"),
        ("https:///path", "impossible host"),
        ("https://exa mple.com/", "a blank"),
        ("https://example.com/#x", "a blank"),
        ("https://example.com\\@evil.example/", "a blank"),
        ("https://example.com/é", "%xx"),
        ("https://" + "a" * 2000 + ".example/", "1 to 2000 characters"),
        ("https://" + "a" * 64 + ".example/", "impossible host"),
        ("", "1 to 2000 characters"),
    ],
)
def test_any_other_address_is_refused_in_words(url: str, says: str) -> None:
    with pytest.raises(Refused) as refused:
        read_url(url, Policy())
    (complaint,) = refused.value.complaints
    assert complaint.code == "url_invalid"
    assert says in complaint.message_en


def test_s38_settings_open_ports_plain_http_and_close_hosts() -> None:
    assert read_url("https://example.com:8443/", INSIDE).authority == "example.com:8443"
    assert not read_url("http://10.20.0.1/", INSIDE).secure
    listed = Policy(hosts=("hooks.example.com",))
    assert read_url("https://hooks.example.com/", listed).host == "hooks.example.com"
    with pytest.raises(Refused):
        read_url("https://other.example.com/", listed)


def test_a_receiver_checks_a_message_as_standard_webhooks_says() -> None:
    secrets = [new_secret(bytes(range(32))), new_secret(bytes(32))]
    headers = sign(secrets, message="msg_1", at=1_764_000_000, body=b'{"a":1}')
    assert headers["webhook-id"] == "msg_1"
    for secret, signature in zip(secrets, headers["webhook-signature"].split(), strict=True):
        key = base64.b64decode(secret.removeprefix("whsec_"))
        expected = hmac.new(key, b'msg_1.1764000000.{"a":1}', hashlib.sha256).digest()
        assert signature == "v1," + base64.b64encode(expected).decode()
    with pytest.raises(ValueError, match="32 bytes"):
        new_secret(b"short")


def test_the_published_vector_of_standard_webhooks() -> None:
    body = b'{"test": 2432232314}'
    headers = sign(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], message="msg_p5jXN8AQM9LWM0D4loKWxJek", at=1614265330, body=body
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_failed_try_comes_again_later_and_later_then_no_more() -> None:
    waits = [judge(status=500, tries=n, failures=1, now=NOW).next_at for n in range(1, len(WAITS) + 1)]
    assert [at - NOW for at in waits if at] == list(WAITS)
    assert list(WAITS) == sorted(WAITS)
    assert sum(WAITS, timedelta()) < timedelta(days=4)
    last = judge(status=None, tries=len(WAITS) + 1, failures=1, now=NOW)
    assert (last.state, last.next_at) == ("failed", None)


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 500, None])
def test_only_2xx_is_told_and_a_redirect_is_a_failure(status: int | None) -> None:
    assert judge(status=status, tries=1, failures=1, now=NOW).state == "waiting"
    assert judge(status=204, tries=1, failures=0, now=NOW).state == "delivered"


def test_a_webhook_that_keeps_failing_or_is_gone_rests() -> None:
    assert judge(status=500, tries=1, failures=PAUSE_AFTER - 1, now=NOW).pause == ""
    assert judge(status=500, tries=1, failures=PAUSE_AFTER, now=NOW).pause == "failures"
    assert judge(status=410, tries=1, failures=1, now=NOW).pause == "gone"
