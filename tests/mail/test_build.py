"""An email is built from plain strings: right bytes for any customer, or a refusal that names what is missing."""

from __future__ import annotations

from email import policy
from email.parser import BytesParser

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveyor.mail.build import BuildError, build_email
from surveyor.mail.language import environment
from surveyor.mail.message import Message
from surveyor.mail.plan import Plan
from surveyor.mail.published import PublishedEmail
from surveyor.mail.wire import reference
from tests.mail.conftest import EMAIL_ID, EMAILS, envelope, values_of

Templates = dict[tuple[str, str], PublishedEmail]
LETTERS = st.text(
    st.one_of(
        st.characters(blacklist_categories=["Cs", "Cc", "Zl", "Zp"]), st.sampled_from("=. \tàéœ'\"<>&{}%?_\u202e")
    ),
    max_size=120,
).map(lambda text: text.replace("\t", " "))


def test_every_header_a_mailbox_asks_for_is_there(message: Message) -> None:
    head = (message.wire or b"").split(b"\r\n\r\n")[0].decode("ascii")
    assert head.split("\r\n") == [
        "From: Maison X <avis@enquetes.maison-x.fr>",
        "Reply-To: contact@maison-x.fr",
        "To: =?utf-8?q?Zo=C3=A9?= Martin <zoe.martin@exemple.test>",
        "Subject: Votre avis sur votre commande du 12 novembre 2026",
        "Date: Sat, 14 Nov 2026 09:00:00 +0000",
        "Message-ID: <0192f1c47b1e7c559a573f6b5a0e9d11@enquetes.maison-x.fr>",
        "List-Id: Enquetes Maison X <enquetes.maison-x.fr>",
        "List-Unsubscribe: <https://avis.maison-x.fr/u/1gZl4Qgm0c4nReuIc7ExU3>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "Feedback-ID: standard:S1:invitation:maison-x",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: OOF, AutoReply",
        "Content-Language: fr",
        "X-Surveyor-Email: 0192f1c47b1e7c559a573f6b5a0e9d11",
        "MIME-Version: 1.0",
        "Content-Type: multipart/alternative;",
        ' boundary="=_surveyor_0192f1c47b1e7c559a573f6b5a0e9d11"',
    ]
    assert message.envelope_sender == "b+0192f1c47b1e7c559a573f6b5a0e9d11@enquetes.maison-x.fr"


def test_the_unsubscribe_line_is_never_folded_nor_encoded(templates: Templates) -> None:
    long = "https://un-tres-long-nom-d-hote-pour-voir.enquetes.maison-x.example/u/1gZl4Qgm0c4nReuIc7ExU3"
    built = build_email(templates["invitation", "fr"], values_of(), envelope(unsubscribe_url=long))
    assert f"\r\nList-Unsubscribe: <{long}>\r\n".encode() in (built.wire or b"")


@pytest.mark.parametrize("address", ["zoe@müller.fr", "Zoe.Martin@EXEMPLE.test", "o'neil+x@exemple.test"])
def test_an_address_is_written_once_in_ascii(templates: Templates, address: str) -> None:
    built = build_email(templates["invitation", "fr"], values_of(), envelope(to_address=address))
    parsed = BytesParser(policy=policy.SMTP).parsebytes(built.wire or b"")
    assert [one.addr_spec for one in parsed["To"].addresses] == [built.address]
    assert built.address.isascii()


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=LETTERS, last=LETTERS, store=LETTERS, question=LETTERS, reference_=LETTERS)
def test_bytes_are_those_of_the_standard_library_for_any_customer(
    templates: Templates, first: str, last: str, store: str, question: str, reference_: str
) -> None:
    values = values_of(
        customer__first_name=first,
        customer__last_name=last,
        store__name=store,
        survey__question=question,
        order__reference=reference_,
    )
    built = build_email(templates["invitation", "fr"], values, envelope(to_name=f"{first} {last}"))
    assert built.wire == reference(built)
    parsed = BytesParser(policy=policy.SMTP).parsebytes(built.wire or b"")
    texts = [part.get_content().replace("\r\n", "\n") for part in parsed.iter_parts()]
    assert texts == [built.text, built.html]
    assert max(len(line) for line in (built.wire or b"").split(b"\r\n\r\n", 1)[1].split(b"\r\n")) <= 76


FEW = st.sampled_from(["", "a", "b", "ab"])


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=st.tuples(FEW, FEW, FEW, FEW), other=st.tuples(FEW, FEW, FEW, FEW), kind=st.sampled_from(["fr", "en"]))
def test_what_identifies_the_bytes_is_the_same_for_the_same_bytes_alone(
    templates: Templates, one: tuple[str, ...], other: tuple[str, ...], kind: str
) -> None:
    def built(given: tuple[str, ...], language: str) -> Message:
        first, last, store, to = given
        values = values_of(customer__first_name=first, customer__last_name=last, store__name=store)
        return build_email(templates["invitation", language], values, envelope(to_name=to))

    left, right = built(one, "fr"), built(other, kind)
    assert len(left.sha256) == 32
    assert (left.sha256 == right.sha256) == (left.wire == right.wire)
    assert built(one, "fr").sha256 == left.sha256


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=LETTERS, store=LETTERS, reference_=LETTERS)
def test_a_plan_says_what_jinja_says(templates: Templates, first: str, store: str, reference_: str) -> None:
    values = values_of(customer__first_name=first, store__name=store, order__reference=reference_)
    template = templates["invitation", "fr"]
    for source, html in ((template.html, True), (template.text, False), (template.subject, False)):
        expected = environment("fr", html).from_string(source).render(values)
        assert Plan(source, language="fr", html=html).render(values) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ order.date|date }}", "1er mars 2027"),
        ("{{ customer.first_name|upper|truncate(3) }}", "ZO…"),
        ("{{ customer.last_name|default('vous') }}", "vous"),
        ("{{ store.name|number }}", "12\u202f345,60"),
        ("{% if customer.last_name %}a{% elif not store.city and store.name %}b{% else %}c{% endif %}", "b"),
        ("{% if customer.first_name is defined %}a{% endif %}", "a"),
        ("{% raw %}{{ x }}{% endraw %}{# a note #}", "{{ x }}"),
    ],
)
def test_filters_and_conditions(source: str, expected: str) -> None:
    values = {
        "customer": {"first_name": "Zoéline", "last_name": ""},
        "order": {"date": "2027-03-01"},
        "store": {"name": "12345.60", "city": ""},
    }
    assert Plan(source, language="fr", html=False).render(values) == expected


@pytest.mark.parametrize(
    ("source", "given", "expected"),
    [
        ("{{ store.name|date }}", "2026-02-30", "2026-02-30"),
        ("{{ store.name|date }}", "soon", "soon"),
        ("{{ store.name|date }}", "2026-02-03T10:00:00+01:00", "3 février 2026"),
        ("{{ store.name|number }}", "many", "many"),
        ("{{ store.name|number }}", "NaN", "NaN"),
        (
            "{{ store.name|number }}",
            "1E30",
            "1\u202f000\u202f000\u202f000\u202f000\u202f000\u202f000\u202f000\u202f000\u202f000\u202f000",
        ),
    ],
)
def test_what_a_filter_cannot_read_comes_out_as_it_is(source: str, given: str, expected: str) -> None:
    assert Plan(source, language="fr", html=False).render({"store": {"name": given}}) == expected


def test_s19_only_plain_strings_are_values(templates: Templates) -> None:
    values = values_of()
    values["store"]["name"] = 3  # type: ignore[assignment]
    with pytest.raises(BuildError, match=r"store\.name"):
        build_email(templates["invitation", "fr"], values, envelope())


def test_a_header_that_would_not_fit_a_line_is_refused_by_name(templates: Templates) -> None:
    long = "https://avis.maison-x.fr/u/" + "x" * 1000
    with pytest.raises(BuildError, match=r"headers|List-Unsubscribe"):
        build_email(templates["invitation", "fr"], values_of(), envelope(unsubscribe_url=long))


def test_s19_a_value_is_never_rendered(templates: Templates) -> None:
    built = build_email(templates["invitation", "fr"], values_of(customer__first_name="{{7*7}}<b>"), envelope())
    assert "Bonjour {{7*7}}<b>," in built.text
    assert "Bonjour {{7*7}}&lt;b&gt;," in built.html


@pytest.mark.parametrize("kind", ["invitation", "reminder"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_each_value_that_is_missing_is_refused_by_name(templates: Templates, kind: str, language: str) -> None:
    template = templates[kind, language]
    values = values_of(kind, language)
    whole = template.subject + template.text + template.html
    used = [(group, name) for group in values for name in values[group] if f"{group}.{name}" in whole]
    assert len(used) > 10
    for group, name in used:
        less = {g: {n: v for n, v in named.items() if (g, n) != (group, name)} for g, named in values.items()}
        with pytest.raises(BuildError) as refused:
            build_email(template, less, envelope(kind=kind))
        assert refused.value.what == f"{group}.{name}"


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"to_address": "a@b.fr, c@d.fr"}, "address characters"),
        ({"to_address": "a@b.fr\r\nBcc: c@d.fr"}, "address characters"),
        ({"to_address": "zoé@b.fr"}, "address not_ascii"),
        ({"to_name": "Zoé\r\nBcc: c@d.fr"}, "name"),
        ({"to_name": "Zoé\u2028"}, "name"),
        ({"sender_name": "M\x00"}, "sender name"),
        ({"unsubscribe_url": ""}, "unsubscribe link"),
        ({"unsubscribe_url": "https://a.fr/u/x>\r\nX: y"}, "unsubscribe link"),
        ({"date": __import__("datetime").datetime(2026, 1, 1)}, "date without a zone"),
    ],
)
def test_s31_what_would_break_a_header_is_refused_when_building(
    templates: Templates, changes: dict[str, object], what: str
) -> None:
    with pytest.raises(BuildError) as refused:
        build_email(templates["invitation", "fr"], values_of(), envelope(**changes))
    assert refused.value.what == what


@pytest.mark.parametrize("character", ["\x00", "\x0b", "\x85", "\u2028", "\r"])
def test_a_control_character_in_a_value_is_refused_by_name(templates: Templates, character: str) -> None:
    with pytest.raises(BuildError) as refused:
        build_email(templates["invitation", "fr"], values_of(store__name=f"Lille{character}"), envelope())
    assert refused.value.what == "store.name"


def test_an_encoded_word_in_a_name_stays_what_was_typed(templates: Templates) -> None:
    built = build_email(templates["invitation", "fr"], values_of(), envelope(to_name="=?utf-8?q?Bcc?="))
    parsed = BytesParser(policy=policy.SMTP).parsebytes(built.wire or b"")
    assert parsed["To"].addresses[0].display_name == "= ?utf-8?q?Bcc?="


def test_a_text_on_several_lines_keeps_its_lines(templates: Templates) -> None:
    values = values_of(brand__address="12 rue des Halles\n59000 Lille")
    built = build_email(templates["invitation", "fr"], values, envelope())
    assert built.wire == reference(built)
    assert "12 rue des Halles\n59000 Lille" in built.text


def test_s20_an_email_that_grows_too_large_is_refused() -> None:
    body = "{{ store.name }}" * 40
    huge = PublishedEmail("invitation", "fr", "Objet", body, body)
    with pytest.raises(BuildError, match="size"):
        build_email(huge, values_of(store__name="x" * 8000), envelope())
    with pytest.raises(BuildError, match=r"store\.name"):
        build_email(huge, values_of(store__name="x" * 8001), envelope())


def test_staff_emails_have_no_list_headers() -> None:
    plain = PublishedEmail("account", "fr", "Objet", "Bonjour {{ user.name }}", "<p>{{ user.name }}</p>")
    built = build_email(plain, {"user": {"name": "Ana"}}, envelope(kind="account", unsubscribe_url=""))
    assert built.header("List-Unsubscribe") is None
    assert built.header("x-surveyor-email") == EMAIL_ID.hex
    assert built.wire == reference(built)


def test_without_wire_only_the_texts_are_made(templates: Templates) -> None:
    built = build_email(templates["invitation", "fr"], values_of(), envelope(), wire=False)
    assert built.wire is None
    assert "Bonjour Zoé," in built.text


def test_nothing_that_compiles_is_imported_to_send() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from pathlib import Path; from surveyor.mail.published import load_folder;"
        f"import surveyor.mail.build; load_folder(Path({str(EMAILS)!r}));"
        "sys.exit(bool({'mrml', 'css_inline'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=EMAILS.parent).returncode == 0
