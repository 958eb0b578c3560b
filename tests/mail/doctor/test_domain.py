"""What the DNS says of a sender, asked of a real name server on this machine."""

from __future__ import annotations

import base64
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from surveyor.mail.doctor.domain import Carrier, Sender, check_domain
from surveyor.mail.doctor.line import Level, Line
from surveyor.mail.doctor.relay import reverse
from surveyor.mail.doctor.resolver import SystemDns
from tests.mail.dns_server import DnsServer, Zone

FROM = Sender("avis@enquetes.maison-x.fr", "contact@maison-x.fr", "enquetes.maison-x.fr")
SENDGRID = Carrier("SendGrid", ("s1", "s2"), includes=("sendgrid.net",))


@cache
def key(bits: int) -> str:
    made = rsa.generate_private_key(public_exponent=65537, key_size=bits).public_key()
    der = made.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"v=DKIM1; k=rsa; p={base64.b64encode(der).decode()}"


def sound() -> Zone:
    return {
        ("fr", "SOA"): ["nsmaster.nic.fr. hostmaster.nic.fr. 1 3600 1800 3600000 5400"],
        ("enquetes.maison-x.fr", "TXT"): ["site-check=1", "v=spf1 include:sendgrid.net ip4:192.0.2.0/24 -all"],
        ("sendgrid.net", "TXT"): ["v=spf1 ip4:198.51.100.0/24 ip4:203.0.113.0/24 ~all"],
        ("s1._domainkey.enquetes.maison-x.fr", "TXT"): [key(2048)],
        ("s2._domainkey.enquetes.maison-x.fr", "TXT"): [key(2048)],
        ("_dmarc.maison-x.fr", "TXT"): ["v=DMARC1; p=quarantine; rua=mailto:dmarc@maison-x.fr"],
        ("enquetes.maison-x.fr", "MX"): ["10 mx.maison-x.fr."],
        ("maison-x.fr", "A"): ["192.0.2.10"],
    }


def examine(zone: Zone, sender: Sender = FROM, carrier: Carrier = SENDGRID) -> list[Line]:
    with DnsServer(zone) as server:
        return list(check_domain(sender, carrier, SystemDns(server.address)))


def faults(lines: list[Line]) -> list[tuple[str, Level, str]]:
    return [(line.check, line.level, line.found) for line in lines if line.level is not Level.OK]


def test_a_sound_domain_has_nothing_but_ok() -> None:
    lines = examine(sound())
    assert faults(lines) == []
    assert [line.check for line in lines] == [
        "SPF enquetes.maison-x.fr",
        "SPF enquetes.maison-x.fr",
        "DKIM s1._domainkey.enquetes.maison-x.fr",
        "DKIM s2._domainkey.enquetes.maison-x.fr",
        "DMARC enquetes.maison-x.fr",
        "alignment enquetes.maison-x.fr",
        "mail of enquetes.maison-x.fr",
        "mail of maison-x.fr",
    ]
    assert "1 DNS queries" in lines[0].found
    assert lines[1].found == "covers SendGrid"
    assert lines[5].found == "From is aligned with SPF and DKIM"
    assert all(line.reference for line in lines)


SPF = ("enquetes.maison-x.fr", "TXT")
S1 = ("s1._domainkey.enquetes.maison-x.fr", "TXT")
DMARC = ("_dmarc.maison-x.fr", "TXT")
DEEP = {(f"i{n}.fr", "TXT"): [f"v=spf1 include:i{n + 1}.fr -all"] for n in range(12)}


@pytest.mark.parametrize(
    ("change", "check", "level", "found"),
    [
        ({SPF: ["site-check=1"]}, "SPF", Level.FAIL, "no record"),
        ({SPF: ["v=spf1 -all", "v=spf1 include:sendgrid.net -all"]}, "SPF", Level.FAIL, "2 records"),
        ({SPF: ["v=spf1 include:i0.fr -all"], **DEEP}, "SPF", Level.FAIL, "over 10 DNS queries"),
        ({SPF: ["v=spf1 +all"]}, "SPF", Level.FAIL, "+all"),
        ({SPF: ["v=spf1 ip4:192.0.2.1 -all"]}, "SPF", Level.WARN, "does not cover SendGrid"),
        ({SPF: ["v=spf1 ip4:192.0.2.1 -all include:sendgrid.net"]}, "SPF", Level.WARN, "does not cover SendGrid"),
        ({SPF: ["v=spf1 ?include:sendgrid.net -all"]}, "SPF", Level.WARN, "does not cover SendGrid"),
        ({SPF: ["v=spf1 ~include:i0.fr -all"], **DEEP}, "SPF", Level.FAIL, "over 10 DNS queries"),
        ({SPF: ["v=spf1 include:sendgrid.nte include:sendgrid.net -all"]}, "SPF", Level.FAIL, "sendgrid.nte"),
        ({S1: []}, "DKIM s1", Level.FAIL, "no key"),
        ({S1: [key(1024)]}, "DKIM s1", Level.WARN, "1024 bits"),
        ({S1: ["v=DKIM1; k=rsa; p="]}, "DKIM s1", Level.FAIL, "revoked"),
        ({S1: ["v=DKIM1; p=AAAA"]}, "DKIM s1", Level.FAIL, "cannot be read"),
        ({S1: [key(2048), key(1024)]}, "DKIM s1", Level.FAIL, "2 keys"),
        ({DMARC: []}, "DMARC", Level.FAIL, "no record"),
        ({DMARC: ["v=DMARC1; rua=mailto:a@b.fr"]}, "DMARC", Level.FAIL, "no policy"),
        ({DMARC: ["v=DMARC1; p=none", "v=DMARC1; p=reject"]}, "DMARC", Level.FAIL, "2 records"),
        ({("maison-x.fr", "A"): []}, "mail of maison-x.fr", Level.FAIL, "neither MX nor A"),
    ],
)
def test_each_fault_is_a_line_with_what_to_do(change: Zone, check: str, level: Level, found: str) -> None:
    lines = [one for one in examine({**sound(), **change}) if one.level is not Level.OK]
    assert len(lines) == 1
    assert lines[0].check.startswith(check)
    assert lines[0].level is level
    assert found in lines[0].found
    assert lines[0].advice


def test_a_key_too_short_to_trust_fails() -> None:
    weak = (
        "v=DKIM1; k=rsa; p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAL8eJ5AKoIsjURpcEoGubZMxLD7+kT+TLr7UkvEtFrRhDDKMtuII"
        "q19FrL4pUIMymPMSLBn3hJLe30Dw48GQM4UCAwEAAQ=="
    )
    assert ("DKIM s1._domainkey.enquetes.maison-x.fr", Level.FAIL, "512 bits") in faults(
        examine({**sound(), S1: [weak]})
    )


def test_an_ed25519_key_is_a_key() -> None:
    assert (
        faults(examine({**sound(), S1: ["v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="]})) == []
    )


def test_a_return_path_elsewhere_is_aligned_by_dkim_alone() -> None:
    sender = Sender(FROM.address, FROM.reply_to, "bounces.elsewhere.fr")
    zone = {**sound(), ("bounces.elsewhere.fr", "TXT"): ["v=spf1 include:sendgrid.net -all"]}
    assert [line.found for line in examine(zone, sender) if line.check.startswith("alignment")] == [
        "From is aligned with DKIM"
    ]
    without = {name: records for name, records in zone.items() if "_domainkey" not in name[0]}
    assert [line.level for line in examine(without, sender) if line.check.startswith("alignment")] == [Level.FAIL]


def test_strict_alignment_is_taken_at_its_word() -> None:
    zone = {**sound(), DMARC: ["v=DMARC1; p=none; aspf=s"]}
    zone[("retour.maison-x.fr", "TXT")] = zone[SPF]
    sender = Sender(FROM.address, FROM.reply_to, "retour.maison-x.fr")
    assert [line.found for line in examine(zone, sender) if line.check.startswith("alignment")] == [
        "From is aligned with DKIM"
    ]


def test_the_relay_of_a_shop_is_covered_by_its_address_or_its_mx() -> None:
    zone = {**sound(), SPF: ["v=spf1 a:relay.maison-x.fr mx/28 -all"]}
    zone[("relay.maison-x.fr", "A")] = ["192.0.2.25"]
    zone[("mx.maison-x.fr", "A")] = ["198.51.100.17"]
    for address, level in (("192.0.2.25", Level.OK), ("198.51.100.20", Level.OK), ("203.0.113.1", Level.WARN)):
        lines = examine(zone, carrier=Carrier("the relay", ("s1",), addresses=(address,)))
        assert [one.level for one in lines if one.check.startswith("SPF")] == [Level.OK, level]


def test_an_unknown_selector_is_unknown_and_no_failure() -> None:
    lines = examine(sound(), carrier=Carrier("the relay"))
    assert [(line.check, line.level) for line in lines if line.level is not Level.OK] == [
        ("DKIM enquetes.maison-x.fr", Level.UNKNOWN)
    ]


def test_without_a_network_nothing_is_known() -> None:
    with DnsServer({}, mute=True) as server:
        lines = list(check_domain(FROM, SENDGRID, SystemDns(server.address, seconds=0.3)))
    assert [line.level for line in lines] == [Level.UNKNOWN]
    assert [line.level for line in examine({})] == [Level.UNKNOWN]  # a resolver that knows no `fr` knows nothing


def test_the_sender_of_a_fresh_installation_is_a_warning() -> None:
    assert [line.level for line in examine({}, Sender("surveyor@localhost"))] == [Level.WARN]


def test_a_name_that_leads_back_to_its_address() -> None:
    zone: Zone = {
        ("25.2.0.192.in-addr.arpa", "PTR"): ["relay.maison-x.fr."],
        ("26.2.0.192.in-addr.arpa", "PTR"): ["other.maison-x.fr."],
        ("relay.maison-x.fr", "A"): ["192.0.2.25"],
    }
    with DnsServer(zone) as server:
        ask = SystemDns(server.address)
        levels = [reverse(f"192.0.2.{n}", ask).level for n in (25, 26, 27)]
    assert levels == [Level.OK, Level.FAIL, Level.FAIL]
