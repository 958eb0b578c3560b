"""An email that arrived, pasted back: who signed, what is covered, what the receiver said."""

from __future__ import annotations

import pytest

from surveyor.mail.doctor.line import Level
from surveyor.mail.doctor.pasted import check_pasted, selectors

SOUND = b"""
Delivered-To: zoe@gmail.test
Authentication-Results: mx.google.com;
       dkim=pass header.i=@maison-x.fr header.s=s1 header.b=abc;
       spf=pass (google.com: domain of b+01@enquetes.maison-x.fr designates 192.0.2.25 as permitted sender);
       dmarc=pass (p=QUARANTINE sp=NONE dis=NONE) header.from=maison-x.fr
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=maison-x.fr;
\th=content-type:from:mime-version:subject:list-unsubscribe:
\tlist-unsubscribe-post:to; s=s1; bh=abc=; b=def==
From: Maison X <avis@enquetes.maison-x.fr>
Subject: Votre avis

Bonjour
""".replace(b"\n", b"\r\n")


def said(raw: bytes) -> dict[str, Level]:
    return {line.check: line.level for line in check_pasted(raw)}


def test_a_sound_email_is_ok_throughout() -> None:
    assert said(SOUND) == dict.fromkeys(("SPF", "DKIM", "DMARC", "DKIM h="), Level.OK)
    assert selectors(SOUND) == ["s1"]


@pytest.mark.parametrize(
    ("old", "new", "check", "level"),
    [
        (b"list-unsubscribe-post:", b"", "DKIM h=", Level.FAIL),
        (b"list-unsubscribe:\r\n\tlist-unsubscribe-post:", b"", "DKIM h=", Level.FAIL),
        (b"dkim=pass", b"dkim=fail", "DKIM", Level.FAIL),
        (b"spf=pass", b"spf=softfail", "SPF", Level.FAIL),
        (b"dmarc=pass", b"x=pass", "DMARC", Level.WARN),
        (b"d=maison-x.fr;", b"d=sendgrid.net;", "DKIM d=", Level.FAIL),
        (b"DKIM-Signature:", b"X-Signature:", "DKIM h=", Level.FAIL),
        (b"Authentication-Results:", b"X-Results:", "authentication", Level.UNKNOWN),
    ],
)
def test_each_fault_is_read(old: bytes, new: bytes, check: str, level: Level) -> None:
    assert old in SOUND
    assert said(SOUND.replace(old, new, 1))[check] is level


def test_two_signatures_need_one_that_is_aligned_and_covers() -> None:
    other = b"DKIM-Signature: v=1; d=sendgrid.info; s=smtpapi; h=from:to; bh=a; b=c\r\n"
    assert said(other + SOUND.lstrip())["DKIM h="] is Level.OK
