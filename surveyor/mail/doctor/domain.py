"""Point 1: what the domain of the sender says in the DNS: SPF, DKIM, DMARC and who takes its mail."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from surveyor.mail.doctor import spf
from surveyor.mail.doctor.line import Level, Line
from surveyor.mail.doctor.resolver import Ask, Silent

SENDGRID_SELECTORS = ("s1", "s2")
_ASKED = "Gmail, Yahoo and Outlook ask for it"
_NOT_PUBLIC = ("localhost", "test", "example", "invalid", "local")


@dataclass(frozen=True, slots=True)
class Sender:
    """One From address. return_path: domain of the envelope, "" for the same. selectors: DKIM keys to look for."""

    address: str
    reply_to: str = ""
    return_path: str = ""
    sender_id: str = "surveyor"

    @property
    def domain(self) -> str:
        """What comes after the @."""
        return self.address.rpartition("@")[2].lower()


@dataclass(frozen=True, slots=True)
class Carrier:
    """Who carries the emails. includes: names of which SPF includes one; addresses: IP addresses of the relay."""

    provider: str
    selectors: Sequence[str] = ()
    includes: Sequence[str] = ()
    addresses: Sequence[str] = ()


def check_domain(sender: Sender, carrier: Carrier, ask: Ask) -> Iterator[Line]:
    """SPF, DKIM, DMARC, alignment, and MX or A of From and Reply-To."""
    domain = sender.domain
    if domain.rpartition(".")[2] in _NOT_PUBLIC:
        advice = "set SURVEYOR_FROM, or the sender of the brand, to an address of your own domain"
        yield Line(1, f"domain {domain}", Level.WARN, "no public domain: nobody outside can check it", advice)
        return
    try:
        if not ask(domain.rpartition(".")[2], "SOA"):  # a resolver without the public DNS knows no domain at all
            raise Silent("no public DNS here")
        yield from _spf(sender.return_path or domain, carrier, ask)
        signed = False
        for line in _dkim(domain, carrier, ask):
            signed = signed or line.level in (Level.OK, Level.WARN)
            yield line
        yield from _dmarc(sender, signed, bool(carrier.selectors), ask)
        replies = sender.reply_to.rpartition("@")[2].lower()
        for name in dict.fromkeys((domain, replies or domain)):
            yield _takes_mail(name, ask)
    except Silent as silent:
        advice = "look from a machine with a network, or name a server with --dns"
        yield Line(1, f"domain {domain}", Level.UNKNOWN, f"no name server answers ({silent})", advice)


def _spf(domain: str, carrier: Carrier, ask: Ask) -> Iterator[Line]:
    check, reference = f"SPF {domain}", f"RFC 7208; {_ASKED}"
    found = spf.read(domain, ask)
    if found.records != 1:
        what = "no record" if not found.records else f"{found.records} records, which counts as none"
        yield Line(1, check, Level.FAIL, what, "publish exactly one TXT record that begins with v=spf1", reference)
        return
    if found.queries > spf.MAX_QUERIES:
        what = f"over {spf.MAX_QUERIES} DNS queries: receivers stop there"
        yield Line(1, check, Level.FAIL, what, "take out includes that nobody sends with", "RFC 7208 4.6.4")
    elif found.broken:
        what = f"includes {', '.join(found.broken)}, where no single record is: receivers then count all of it as none"
        yield Line(1, check, Level.FAIL, what, "take it out, or write its name as the provider does", "RFC 7208 5.2")
    elif found.everybody:
        yield Line(1, check, Level.FAIL, "+all lets everybody send", "end the record with ~all or -all", reference)
    else:
        yield Line(1, check, Level.OK, f"one record, {found.queries} DNS queries", "", reference)
        if carrier.includes or carrier.addresses:
            yield _covers(check, found, carrier)


def _covers(check: str, found: spf.Spf, carrier: Carrier) -> Line:
    named = [one for one in found.included if one.endswith(tuple(carrier.includes))] if carrier.includes else []
    missing = [one for one in carrier.addresses if not found.lets(one)]
    if named or (carrier.addresses and not missing):
        return Line(1, check, Level.OK, f"covers {carrier.provider}", "", "RFC 7208")
    what = f"does not cover {carrier.provider}" + (f" ({', '.join(missing)})" if missing else "")
    advice = "include it, or rely on DKIM for alignment and let the provider's return path carry SPF"
    return Line(1, check, Level.WARN, what, advice, "RFC 7208")


def _dkim(domain: str, carrier: Carrier, ask: Ask) -> Iterator[Line]:
    if not carrier.selectors:
        advice = "name it with --selector, or paste a delivered email back with --headers"
        yield Line(1, f"DKIM {domain}", Level.UNKNOWN, "the selector is not known", advice, "RFC 6376")
    for selector in carrier.selectors:
        name = f"{selector}._domainkey.{domain}"
        yield _key(name, ask(name, "TXT"))


def _key(name: str, records: list[str]) -> Line:
    check, reference = f"DKIM {name}", f"RFC 6376 3.6.1, RFC 8301; {_ASKED}"
    keys = [dict(re.findall(r"(\w+)\s*=\s*([^;]*)", text)) for text in records if "p=" in text.replace(" ", "")]
    if len(keys) != 1:
        what = "no key" if not keys else f"{len(keys)} keys at one name"
        return Line(1, check, Level.FAIL, what, "publish the key that your provider shows", reference)
    text = re.sub(r"\s", "", keys[0].get("p", ""))
    if not text:
        return Line(1, check, Level.FAIL, "the key is revoked (p= is empty)", "publish the current key", reference)
    if keys[0].get("k", "rsa").strip() == "ed25519":
        return Line(1, check, Level.OK, "ed25519 key", "", "RFC 8463")
    try:
        key = load_der_public_key(base64.b64decode(text, validate=True))
        bits = key.key_size if isinstance(key, RSAPublicKey) else 0
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        bits = 0
    if bits < 1024:
        what = f"{bits} bits" if bits else "the key cannot be read"
        return Line(1, check, Level.FAIL, what, "publish an RSA key of 2048 bits", reference)
    level, advice = (Level.OK, "") if bits >= 2048 else (Level.WARN, "2048 bits are advised")
    return Line(1, check, level, f"RSA key of {bits} bits", advice, reference)


def _dmarc(sender: Sender, signed: bool, selectors: bool, ask: Ask) -> Iterator[Line]:
    domain, reference = sender.domain, f"RFC 7489; {_ASKED}"
    at, records = _dmarc_records(domain, ask)
    check = f"DMARC {domain}"
    if len(records) != 1:
        what = "no record" if not records else f"{len(records)} records, which counts as none"
        yield Line(1, check, Level.FAIL, what, f'publish "v=DMARC1; p=none; rua=…" at _dmarc.{domain}', reference)
        return
    tags = dict(re.findall(r"(\w+)\s*=\s*([^;\s]+)", records[0].lower()))
    policy = tags.get("sp", tags.get("p", "")) if at != domain else tags.get("p", "")
    if policy not in ("none", "quarantine", "reject"):
        yield Line(1, check, Level.FAIL, "no policy (p=)", "p=none, quarantine or reject", reference)
    else:
        yield Line(1, check, Level.OK, f"policy {policy} at _dmarc.{at}", "", reference)
    envelope = sender.return_path.lower() or domain
    by_spf = envelope == domain if tags.get("aspf") == "s" else _same_family(envelope, domain, at)
    if by_spf or signed:
        how = " and ".join(["SPF"] * by_spf + ["DKIM"] * signed)
        yield Line(1, f"alignment {domain}", Level.OK, f"From is aligned with {how}", "", "RFC 7489 3.1")
    else:
        level = Level.FAIL if selectors else Level.UNKNOWN
        advice = "sign with the domain of From, or take a return path under it"
        yield Line(1, f"alignment {domain}", level, f"the envelope is {envelope}", advice, "RFC 7489 3.1")


def _dmarc_records(domain: str, ask: Ask) -> tuple[str, list[str]]:
    """Where the record is (the domain, else the closest one above it) and every record found there."""
    labels = domain.split(".")
    for start in range(max(len(labels) - 1, 1)):
        at = ".".join(labels[start:])
        found = [text for text in ask(f"_dmarc.{at}", "TXT") if text.lower().startswith("v=dmarc1")]
        if found:
            return at, found
    return domain, []


def _same_family(one: str, other: str, above: str) -> bool:
    return one == other or all(name == above or name.endswith(f".{above}") for name in (one, other))


def _takes_mail(domain: str, ask: Ask) -> Line:
    reference = "RFC 5321 5.1; Outlook asks for addresses that can receive"
    for kind in ("MX", "A", "AAAA"):
        found = ask(domain, kind)
        if found and found != [""]:
            return Line(1, f"mail of {domain}", Level.OK, f"{kind} {found[0]}", "", reference)
    advice = "publish an MX record: replies and bounces must find somebody"
    return Line(1, f"mail of {domain}", Level.FAIL, "neither MX nor A: nobody receives there", advice, reference)
