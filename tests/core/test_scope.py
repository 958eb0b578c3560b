"""Scopes as readers write them, and what is left of a request for a person with certain scopes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyor.core.scope import NETWORK, Scope, covers, intersect, narrow, simplify
from surveyor.errors import Refused

ids = st.lists(st.text(alphabet="abé +%:1\u202f", min_size=1).filter(str.strip), max_size=3)
scopes = st.builds(lambda b, r, s, g: Scope.of(brands=b, regions=r, stores=s, segments=g), ids, ids, ids, ids)
few = st.lists(st.sampled_from(["1", "2", "3"]), max_size=2)
small_scopes = st.builds(lambda b, r, s, g: Scope.of(brands=b, regions=r, stores=s, segments=g), few, few, few, few)
rows = st.fixed_dictionaries(
    dict.fromkeys(("brand", "region", "store", "segment"), st.sampled_from(["", "1", "2", "3"]))
)


@given(scopes)
def test_a_scope_written_out_reads_back_the_same(scope: Scope) -> None:
    assert Scope.parse(str(scope)) == scope


def test_the_grammar_of_the_contract_is_understood() -> None:
    assert Scope.parse("network") == NETWORK
    assert str(NETWORK) == "network"
    assert NETWORK.is_network
    assert not Scope.parse("store:1").is_network
    assert Scope.parse("region:nord+segment:famille") == Scope(regions=("nord",), segments=("famille",))
    assert Scope.parse("store:2+store:1+store:2") == Scope(stores=("1", "2"))
    assert Scope.parse("store:Saint Denis") == Scope(stores=("Saint Denis",))


def test_a_plus_decoded_to_a_space_by_the_browser_still_separates() -> None:
    assert Scope.parse("region:nord segment:famille") == Scope.parse("region:nord+segment:famille")


@pytest.mark.parametrize(
    "text", ["", "store", "store:", "network+store:1", "magasin:1", "store:1+", "store: ", "store:a\0b"]
)
def test_what_is_not_a_scope_is_refused_in_both_languages(text: str) -> None:
    with pytest.raises(Refused) as caught:
        Scope.parse(text, where="?scope")
    complaint = caught.value.complaints[0]
    assert (complaint.where, complaint.code) == ("?scope", "scope_invalid")
    assert "reliés par +" in complaint.message_fr
    assert "joined by +" in complaint.message_en


def test_a_misspelt_kind_gets_a_suggestion_and_every_wrong_term_its_own_complaint() -> None:
    with pytest.raises(Refused) as caught:
        Scope.parse("sotre:1+regoin:2+brand:3")
    store, region = caught.value.complaints
    assert "Did you mean store:?" in store.message_en
    assert "Vouliez-vous region:\N{NO-BREAK SPACE}?" in region.message_fr


def test_a_kind_without_an_id_is_not_suggested_to_the_one_who_wrote_it() -> None:
    with pytest.raises(Refused) as caught:
        Scope.parse("store:")
    assert "Did you mean" not in caught.value.complaints[0].message_en


@given(small_scopes, small_scopes, rows)
def test_an_intersection_holds_exactly_the_rows_of_both(one: Scope, other: Scope, row: dict[str, str]) -> None:
    both = intersect(one, other)
    assert (both is not None and both.holds(**row)) == (one.holds(**row) and other.holds(**row))


@given(small_scopes, st.lists(small_scopes, max_size=3), rows)
def test_narrowing_never_shows_a_row_outside_and_loses_none_inside(
    requested: Scope, allowed: list[Scope], row: dict[str, str]
) -> None:
    assert covers(narrow(requested, allowed), **row) == (requested.holds(**row) and covers(allowed, **row))


@given(st.lists(small_scopes, max_size=4), rows)
def test_a_simplified_union_holds_the_same_rows(union: list[Scope], row: dict[str, str]) -> None:
    assert covers(simplify(union), **row) == covers(union, **row)


def test_a_request_inside_a_scope_stays_as_it_is_and_one_outside_leaves_nothing() -> None:
    nord, sud = Scope.parse("region:nord"), Scope.parse("region:sud")
    assert narrow(NETWORK, [nord]) == (nord,)
    assert narrow(nord, [NETWORK, nord]) == (nord,)
    assert narrow(sud, [nord]) == ()
    assert narrow(NETWORK, []) == ()
    assert narrow(NETWORK, [nord, sud]) == (nord, sud)


def test_two_scopes_of_a_person_are_a_union() -> None:
    reach = (Scope.parse("region:nord"), Scope.parse("store:12"))
    assert covers(reach, region="nord", store="3")
    assert covers(reach, region="sud", store="12")
    assert not covers(reach, region="sud", store="13")
