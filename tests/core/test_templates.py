"""An author may say what the list allows and nothing else, and is told where and why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jinja2 import Environment

from surveyor.core.templates import check

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "bad_inputs.json").read_text("utf-8"))
CASES = [case for case in GOLDEN["cases"] if case["area"] == "template"]
PARSE = Environment().parse
WHOLE = (
    "<mjml><mj-body><mj-section><mj-column><mj-text>Merci {{ customer.first_name }}</mj-text><sv-scores/>"
    '</mj-column></mj-section>\n<sv-block name="footer"/></mj-body></mjml>'
)
BLOCKS = {"header": "", "footer": '<mj-section><a href="{{ links.unsubscribe }}">x</a></mj-section>'}


def text_of(case: dict) -> str:
    given = case["input"]
    return given["text"] if "text" in given else "".join(piece * count for piece, count in given["build"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['id']} {case['title']}")
def test_s18_each_golden_template_gets_its_answer(case: dict) -> None:
    given, expected = case["input"], case["expect"]
    found = check(text_of(case), parse=PARSE, kind="invitation", part=given["part"], alone=given.get("alone", False))
    if expected["outcome"] == "accepted":
        assert found == []
        return
    assert found[0].code == expected["error_code"]
    assert found[0].where == expected["where"]
    assert found[0].message_fr == expected["message_fr"]
    assert found[0].message_en == expected["message_en"]


def test_a_whole_email_with_its_blocks_is_taken() -> None:
    assert check(WHOLE, parse=PARSE, kind="invitation", blocks=BLOCKS) == []


def test_an_unsubscribe_link_in_no_block_is_missed() -> None:
    found = check(WHOLE, parse=PARSE, kind="invitation", blocks={"footer": "<mj-section></mj-section>"})
    assert [c.code for c in found] == ["template_link_missing"]


HOSTILE = [
    "{{ self }}",
    "{{ config.items() }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ customer._name }}",
    "{{ customer.__class__ }}",
    "{{ customer.first_name.__class__.__base__ }}",
    "{{ request }}",
    "{{ lipsum() }}",
    "{{ (customer, store) }}",
    "{{ [customer.first_name] }}",
    "{{ {'a': 1} }}",
    "{{ customer.first_name|map('upper') }}",
    "{{ customer.first_name|default('x', true) }}",
    "{{ customer.first_name|default(default_value='x') }}",
    "{{ customer.first_name|truncate }}",
    "{{ customer.first_name|truncate(10, true) }}",
    "{{ customer.first_name|truncate(0) }}",
    "{{ customer.first_name|truncate(*[1]) }}",
    "{{ customer.first_name|upper|upper|upper|upper|upper|upper }}",
    "{{ customer|upper }}",
    "{{ customer.first_name|default(customer) }}",
    "{{ True }}",
    "{{ none }}",
    "{{ 1.5 }}",
    "{{ 501 }}",
    "{{ -1 }}",
    "{{ " + "9" * 5000 + " }}",
    "{{ '" + "a" * 501 + "' }}",
    "{% filter upper %}x{% endfilter %}",
    "{% macro m() %}{% endmacro %}",
    "{% call m() %}{% endcall %}",
    "{% block a %}{% endblock %}",
    "{% extends 'a' %}",
    "{% from 'a' import b %}",
    "{% import 'a' as b %}",
    "{% with a = 1 %}{% endwith %}",
    "{% set a %}x{% endset %}",
    "{% autoescape false %}{% endautoescape %}",
    "{% if customer %}x{% endif %}",
    "{% if store.name is sameas(store.name) %}x{% endif %}",
    "{% if store is defined %}x{% endif %}",
    "{% if store.name and 1 + 1 %}x{% endif %}",
    "{% if not range %}x{% endif %}",
    "{% if customer.first_name %}" * 11 + "{% endif %}" * 11,
    "{{ " + "not " * 60 + "customer.first_name }}",
    "{{ customer.first_name[::-1] }}",
    "{{ customer.first_name % 3 }}",
    "{% print(customer.first_name) %}{{ x",
    "\u2028",
    "a\x85b",
]


@pytest.mark.parametrize("source", HOSTILE, ids=lambda text: text[:40].encode("ascii", "replace").decode())
@pytest.mark.parametrize("part", ["body.mjml", "body.txt", "body.html", "subject.txt"])
def test_s18_a_hostile_text_is_refused_with_a_place_and_two_languages(source: str, part: str) -> None:
    found = check(source, parse=PARSE, kind="invitation", part=part, alone=True)
    assert found
    assert found[0].where.startswith(f"{part}:")
    assert found[0].message_fr != found[0].message_en


MARKUP = {
    "a numeric entity that becomes a brace": "&#123;&#123; config }}",
    "a named entity that becomes a brace": "&lbrace;&lbrace; config }}",
    "a second quote that breaks out": "<mj-text color='red\" onmouseover=\"alert(1)'>x</mj-text>",
    "an unknown attribute": '<mj-text colour="red">x</mj-text>',
    "an attribute twice": '<mj-text color="red" color="blue">x</mj-text>',
    "a style": '<p style="background:url(https://promo.example/)">x</p>',
    "a style sheet": "<mj-style>a{}</mj-style>",
    "a font": '<mj-font name="Roboto" href="https://fonts.example/" />',
    "a comment": "<!-- x -->",
    "a doctype": "<!DOCTYPE html>",
    "a data section": "<![CDATA[x]]>",
    "capitals": "<SCRIPT>x</SCRIPT>",
    "capitals in MJML": "<MJ-RAW>x</MJ-RAW>",
    "a bare sign": "<mj-text>1 < 2</mj-text>",
    "a tag left open": "<mj-text>",
    "crossed tags": "<mj-text><b>x</mj-text></b>",
    "an image of somebody": '<mj-image src="https://promo.example/a.png" />',
    "a host glued to a link": '<a href="{{ survey.url }}@promo.example">x</a>',
    "a host before a link": '<a href="https://promo.example/{{ survey.url }}">x</a>',
    "a name as a link": '<a href="{{ customer.first_name }}">x</a>',
    "a form": '<form action="/x"></form>',
    "a sign in an expression": "{{ customer.first_name|default('<b>') }}",
    "thirty-one levels": "<ul>" * 31 + "</ul>" * 31,
    "a condition between two boxes": "<mj-column>{% if store.city %}<mj-text>x</mj-text>{% endif %}</mj-column>",
    "a text in no box": "<mj-body>x<mj-section></mj-section></mj-body>",
    "a block without a name": "<sv-block/>",
    "an image that is not described by plain words": '<mj-image src="{{ brand.logo_url }}" alt="a\'b" />',
    "a handler on an element of the table": '<a href="{{ survey.url }}" ONCLICK="x">x</a>',
    "an address where none belongs": '<mj-text href="{{ survey.url }}">x</mj-text>',
    "an attribute without a value": "<mj-text color>x</mj-text>",
    "a closing tag too many": "</mj-text>",
    "a link that is written twice": '<a href="{{ survey.url }}" href="{{ links.privacy }}">x</a>',
    "a text in the body": "<mj-body><mj-text>x</mj-text></mj-body>",
    "a section in a column": "<mj-column><mj-section></mj-section></mj-column>",
    "a paragraph in no text": "<mj-column><p>x</p></mj-column>",
    "a button in a text": '<mj-text><mj-button href="{{ survey.url }}">x</mj-button></mj-text>',
    "scores between sections": "<mj-body><sv-scores/></mj-body>",
    "a body in a body": "<mjml><mj-body><mj-body></mj-body></mj-body></mjml>",
    "a link as an image": '<mj-image src="{{ survey.url }}" />',
}


@pytest.mark.parametrize("source", MARKUP.values(), ids=MARKUP)
def test_s21_markup_outside_the_table_is_refused(source: str) -> None:
    found = check(source, parse=PARSE, kind="invitation", alone=True)
    assert found
    assert found[0].code in ("template_html", "mjml_element", "template_too_deep")


@pytest.mark.parametrize(
    "source",
    [
        "{{ customer.first_name|upper|truncate(20)|default('à vous') }}",
        "{% if customer.first_name and not store.city %}a{% elif order.reference is defined %}b{% else %}c{% endif %}",
        "{# a note #}",
        '<a href="{{ links.privacy }}">x</a>',
        '<A HREF="{{ links.privacy }}">x</a>',
        '<mj-image src="{{ brand.logo_url }}" alt="Le logo" href="{{ survey.url }}" />',
        "<mj-text>Fish &amp; chips<br/>à emporter</mj-text>",
    ],
)
def test_what_the_list_allows_goes_through(source: str) -> None:
    assert check(source, parse=PARSE, kind="invitation", alone=True) == []


def test_fields_belong_to_a_kind() -> None:
    assert check("{{ reply.text }}", parse=PARSE, kind="reply", alone=True) == []
    assert check("{{ reply.text }}", parse=PARSE, kind="invitation", alone=True)[0].code == "template_unknown_name"
    assert check("{{ user.name }}", parse=PARSE, kind="account-password", alone=True) == []
    assert check("{{ links.unsubscribe }}", parse=PARSE, kind="account", alone=True)[0].code == "template_unknown_name"


def test_a_line_is_counted_over_several_lines() -> None:
    found = check("a\nb\n<script>x</script>\n{{ nobody.x }}", parse=PARSE, kind="invitation", alone=True)
    assert {c.where for c in found} == {"body.mjml:3", "body.mjml:4"}


def test_more_than_two_thousand_elements_are_too_many() -> None:
    found = check("{{ customer.first_name }}" * 2100, parse=PARSE, kind="invitation", alone=True)
    assert found[0].code == "template_too_large"


def test_the_text_part_knows_the_marks_and_no_tag() -> None:
    def codes(source: str) -> list[str]:
        return [c.code for c in check(source, parse=PARSE, kind="invitation", part="body.txt", alone=True)]

    assert codes("1 < 2 & <3 <marie@exemple.test> <sv-scores/>") == []
    assert codes("<b>gras</b>") == ["template_html", "template_html"]
    assert codes("<mj-text>x</mj-text>") == ["template_html", "template_html"]
    assert codes("<sv-other/>") == ["mjml_element"]


def test_other_kinds_need_other_links() -> None:
    def codes(kind: str, source: str) -> list[str]:
        return [c.code for c in check(source, parse=PARSE, kind=kind, part="body.txt", blocks={})]

    assert codes("reply", "Merci") == ["template_link_missing"]
    assert codes("reply", "Merci {{ links.unsubscribe }}") == []
    assert codes("account", "Bonjour") == ["template_link_missing"]
    assert codes("account", "Bonjour {{ links.action }}") == []
    assert codes("alert", "Bonjour") == []


def test_an_unreadable_text_says_near_what() -> None:
    (found,) = check("{% foo %}", parse=PARSE, kind="invitation", alone=True)
    assert (found.code, found.message_fr) == (
        "template_syntax",
        "body.mjml:1 : illisible près de « Encountered unknown tag 'foo'. ».",
    )


@pytest.mark.parametrize(
    "source",
    [
        "<a " * 20000,
        "<a" + " " * 60000 + "<",
        "<a b" * 15000,
        "{{" * 30000,
        "<mj-text a='" * 5000,
        "&#x" * 20000,
        "{% raw %}" + "{{" * 20000 + "{% endraw %}<mj-raw>",
        "{% if a" * 9000,
    ],
    ids=range(8),
)
def test_no_text_takes_long_to_refuse(source: str) -> None:
    import time

    began = time.process_time()
    assert check(source, parse=PARSE, kind="invitation", alone=True)
    assert time.process_time() - began < 2
