"""The table of roles, read cell by cell as the design writes it."""

import pytest

from surveyor.core.scope import ROLES, Access, Noun, may


def test_every_role_has_an_answer_for_every_noun_and_writing_implies_reading() -> None:
    for role in ROLES:
        for noun in Noun:
            if may(role, "write", noun):
                assert may(role, "read", noun)


@pytest.mark.parametrize("noun", list(Noun))
def test_an_unknown_role_may_do_nothing(noun: Noun) -> None:
    assert not may("root", "read", noun)


def test_an_unknown_noun_is_our_mistake_and_says_so() -> None:
    with pytest.raises(KeyError):
        may("admin", "read", "banana")


def test_only_the_admin_administers_and_gives_the_password_again() -> None:
    assert may("admin", "write", "users") == Access(allowed=True, step_up=True)
    assert may("admin", "read", "users") == Access(allowed=True)
    assert may("cx", "read", "keys") == Access(allowed=True)
    assert not may("cx", "write", "keys")
    assert not may("store_manager", "read", "users")


def test_store_and_region_managers_stay_in_their_scope_with_masked_identities() -> None:
    for role in ("store_manager", "region_manager"):
        assert may(role, "read", "indicators") == Access(allowed=True, scoped=True)
        assert may(role, "read", "identity") == Access(allowed=True, scoped=True, masked=True)
        assert may(role, "write", "suppressions") == Access(allowed=True, scoped=True, masked=True)
        assert may(role, "read", "rules") == Access(allowed=True, limit="words")
        assert not may(role, "write", "stores")


def test_identities_are_read_by_step_up_or_with_a_trace() -> None:
    assert may("admin", "read", "identity") == Access(allowed=True, step_up=True)
    assert may("cx", "read", "identity") == Access(allowed=True, limit="logged")
    assert not may("marketing", "read", "identity")
    assert may("support", "write", "export_identity") == Access(allowed=True, limit="request")
    assert not may("support", "write", "export")


def test_words_of_one_row_get_the_answer_of_that_row() -> None:
    assert may("marketing", "read", "stores") == may("marketing", "read", "organisation")
    assert may("support", "write", "replies") == may("support", "write", "cases") == Access(allowed=True)
