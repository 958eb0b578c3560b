"""The registry, its envelopes and the funnel: what screens, the API and reports may rely on."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveyor.core.badges import HELP, LABELS, PROVISIONAL, Status
from surveyor.core.indicators import (
    REGISTRY,
    Facts,
    View,
    envelope,
    evaluate,
    find,
    funnel,
    legitimate_volume,
    refusal_reasons,
)
from surveyor.core.indicators.counted import Part
from surveyor.core.indicators.entries import indicator
from surveyor.core.indicators.measures import Said
from surveyor.core.indicators.on_demand.scores import weighted_nps
from surveyor.core.indicators.on_demand.sendings import r_indicator
from surveyor.core.indicators.pressure import median, median_of_counts
from surveyor.core.indicators.registry import with_day
from surveyor.core.indicators.survey import ces, csat, stars_by_theme
from surveyor.core.periods import Period
from surveyor.core.reasons import Reason
from surveyor.core.scope import NETWORK, Scope
from surveyor.core.tally import COUNTS, Tally
from surveyor.errors import Refused

JUNE = Period.parse("2026-06", date(2026, 7, 10))
AFTER = date(2026, 9, 1)
GOLDEN = Tally(
    orders=52000,
    hits=12000,
    scheduled=6500,
    went_out=6400,
    dropped=80,
    failed=20,
    sent=6400,
    delivered=6250,
    bounced_hard=70,
    bounced_soft=25,
    rejected=20,
    undelivered=35,
    visited=1020,
    responded=900,
    responded_commented=558,
    unsubscribed=44,
    complained=5,
    commented=558,
) + Tally.from_scores({10: 300, 9: 132, 8: 203, 7: 130, 6: 60, 0: 75})
REASONS = {
    ("decision", "COOLDOWN"): 4300,
    ("decision", "UNSUBSCRIBED"): 410,
    ("decision", "OPEN_SOLICITATION"): 380,
    ("decision", "NO_EMAIL"): 260,
    ("decision", "HARD_BOUNCE"): 90,
    ("decision", "LOWER_PRIORITY"): 60,
    ("drop", "ANCHOR_CANCELLED"): 45,
    ("drop", "BELOW_MIN_AT_SEND"): 15,
    ("drop", "UNSUBSCRIBED"): 12,
    ("drop", "EXPIRED"): 5,
    ("drop", "IDLE"): 3,
}
consistent = st.builds(Tally, **{name: st.integers(0, 500) for name in COUNTS})


def read(key: str, tally: Tally = GOLDEN, language: str = "fr") -> dict[str, object]:
    return evaluate(key, tally, period=JUNE, scope=NETWORK, today=AFTER, language=language).to_json()


def test_the_envelope_has_the_keys_of_the_contract_in_its_order() -> None:
    found = read("nps")
    expected = {
        "id": "SUR-01",
        "key": "nps",
        "definition_version": 1,
        "value": 33.0,
        "display": "+33",
        "n": 900,
        "ci_low": 28.1807,
        "ci_high": 37.6,
        "ci_method": "CI-NPS",
        "status": "good",
        "provisional": False,
        "period": {"from": "2026-06-01", "to": "2026-06-30", "date": "response"},
        "scope": "network",
        "revision": None,
    }
    assert list(found)[: len(expected)] == list(expected)
    assert {key: found[key] for key in expected} == expected


GOLDEN_DISPLAYS = {
    "SUR-02": ("48 / 37 / 15\u202f%", "48 / 37 / 15%"),
    "SUR-03": ("48,0\u202f%", "48.0%"),
    "SUR-04": ("7,9", "7.9"),
    "SOL-01": ("12\u202f000", "12,000"),
    "SOL-02": ("6\u202f400", "6,400"),
    "SOL-03": ("non mesuré", "not measured"),
    "SOL-04": ("97,7\u202f%", "97.7%"),
    "SOL-05": ("non mesuré", "not measured"),
    "SOL-06": ("16,3\u202f%", "16.3%"),
    "SOL-07": ("14,4\u202f%", "14.4%"),
    "SOL-08": ("14,1\u202f%", "14.1%"),
    "SOL-09": ("88,2\u202f%", "88.2%"),
    "SOL-10": ("62,0\u202f%", "62.0%"),
    "SOL-11": ("900", "900"),
    "SOL-12": ("0,70\u202f%", "0.70%"),
    "SOL-13": ("0,08\u202f%", "0.08%"),
    "SOL-14": ("5\u202f580", "5,580"),
    "SOL-20": ("12,3\u202f%", "12.3%"),
}


@pytest.mark.parametrize("name", GOLDEN_DISPLAYS)
def test_the_golden_month_is_shown_as_its_page_says_in_both_languages(name: str) -> None:
    shown = tuple(read(name, language=language)["display"] for language in ("fr", "en"))
    assert shown == GOLDEN_DISPLAYS[name]


def test_every_entry_is_found_by_id_and_key_and_has_two_different_names() -> None:
    ids = [entry.id for entry in REGISTRY]
    assert ids == sorted(set(ids), key=ids.index)
    assert {f"SUR-0{n}" for n in range(1, 5)} | {f"SOL-{n:02d}" for n in range(1, 15)} <= set(ids)
    for entry in REGISTRY:
        assert find(entry.id) is find(entry.key) is find(entry.id.lower()) is entry
        assert entry.label_fr
        assert entry.label("fr") != entry.label("en")
        assert entry.describe("en")["key"] == entry.key


def test_an_unknown_indicator_is_not_found_and_the_closest_is_suggested() -> None:
    with pytest.raises(Refused) as caught:
        find("respons_rate")
    assert caught.value.status == 404
    assert "response_rate" in caught.value.complaints[0].message_en
    assert "response_rate" in caught.value.complaints[0].message_fr


def test_an_entry_with_a_word_that_is_none_of_ours_does_not_load() -> None:
    with pytest.raises(ValueError, match="yards"):
        indicator("X-01 x yards S sent -", "x", "x", lambda tally, facts: find("nps").formula(tally, facts))


@settings(max_examples=40)
@given(consistent)
def test_no_figure_of_any_tally_leaves_its_scale_or_shows_what_is_hidden(tally: Tally) -> None:
    for entry in REGISTRY:
        found = evaluate(entry, tally, period=JUNE, scope=NETWORK, today=AFTER, language="en")
        assert found.display
        assert "-0" not in found.display
        if found.value is None:
            assert found.ci_low is None
            assert found.ci_high is None
        if found.ci_low is not None and found.ci_high is not None and found.value is not None:
            assert found.ci_low - 1e-9 <= found.value <= found.ci_high + 1e-9
        if entry.unit == "percent" and found.value is not None:
            assert 0 <= found.value <= 100


@pytest.mark.parametrize("n", range(1, 10))
def test_under_ten_answers_nothing_gives_the_score_away(n: int) -> None:
    tally = Tally.from_scores({9: n - 1, 2: 1})
    for name in ("SUR-01", "SUR-02", "SUR-03", "SUR-04"):
        found = read(name, tally)
        assert found["status"] == "hidden"
        assert found["display"] == (f"{n - 1} sur {n}" if name == "SUR-03" else f"n insuffisant ({n}/10)")
        hidden = {"value", "ci_low", "ci_high", "shares", "histogram", "sd"} & set(found)
        assert all(found[key] is None for key in hidden)


def test_no_answer_is_a_dash_and_never_a_zero() -> None:
    for name in ("SUR-01", "SUR-02", "SUR-03", "SUR-04", "SOL-07", "SOL-10"):
        found = read(name, Tally())
        assert (found["status"], found["display"], found["value"]) == ("no_data", "-", None)


def test_a_figure_is_provisional_until_its_own_day_is_closed() -> None:
    def provisional(key: str, today: date) -> bool:
        return evaluate(key, GOLDEN, period=JUNE, scope=NETWORK, today=today).provisional

    assert provisional("nps", date(2026, 7, 3))
    assert not provisional("nps", date(2026, 7, 4))
    assert provisional("response_rate", date(2026, 7, 30))
    assert not provisional("response_rate", date(2026, 7, 31))


def test_the_other_day_may_be_asked_for_and_is_said() -> None:
    view = with_day(View(JUNE, Scope.parse("region:nord"), date(2026, 7, 10), language="en"), "sent")
    found = envelope(find("nps"), GOLDEN, view)
    assert found.dated_by == "sent"
    assert found.provisional
    assert found.to_json()["scope"] == "region:nord"


def test_words_beside_a_figure_are_those_of_its_badge_and_its_unit() -> None:
    score = evaluate("nps", GOLDEN, period=JUNE, scope=NETWORK, today=AFTER, language="fr")
    assert (score.badge, score.interval, score.shown) == ("bonne fiabilité", "[+28 ; +38]", True)
    rate = evaluate("response_rate", GOLDEN, period=JUNE, scope=NETWORK, today=AFTER, language="fr")
    assert rate.interval == "[13,6 ; 15,3]"
    small = evaluate("unsubscribe_rate", GOLDEN, period=JUNE, scope=NETWORK, today=AFTER, language="en")
    assert small.interval == "[0.52 ; 0.94]"
    exact = evaluate("sent", GOLDEN, period=JUNE, scope=NETWORK, today=AFTER, language="en")
    assert (exact.badge, exact.interval) == ("exact count", "")


def test_every_badge_speaks_both_languages() -> None:
    assert set(LABELS) == set(Status)
    assert all(fr != en for fr, en in [*LABELS.values(), PROVISIONAL, HELP])


def test_facts_beside_the_tally_open_the_figures_that_need_them() -> None:
    facts = Facts(customers_asked=3300, customers_with_order=5000, tracking=True, reasons=REASONS, customers=500)
    view = View(JUNE, NETWORK, AFTER, language="en")
    assert envelope(find("coverage"), GOLDEN, view, facts).display == "66.0%"
    assert envelope(find("open_rate"), GOLDEN, view, facts).display == "0%"
    assert envelope(find("nps"), GOLDEN, view, facts).facts["n_interval"] == 500
    reasons = envelope(find("refusal_reasons"), GOLDEN, view, facts).to_json()
    assert reasons["drop"] == {
        "EXPIRED": 5,
        "UNSUBSCRIBED": 12,
        "ANCHOR_CANCELLED": 45,
        "BELOW_MIN_AT_SEND": 15,
        "IDLE": 3,
    }


def test_a_provider_that_reports_no_delivery_measures_none_and_the_other_rates_say_assumed() -> None:
    facts, view = Facts(delivery_events=False), View(JUNE, NETWORK, AFTER)
    smtp = Tally(sent=100, bounced_hard=4, rejected=1, visited=30, responded=19)
    assert envelope(find("delivery_rate"), smtp, view, facts).status == "not_measured"
    rate = envelope(find("response_rate"), smtp, view, facts)
    assert (rate.value, rate.n, rate.facts["assumed"]) == (20.0, 95, True)
    assert envelope(find("complaint_rate"), smtp, view, facts).n == 95


def test_reasons_come_by_stage_in_the_order_of_the_rules_and_unknown_ones_last() -> None:
    found = refusal_reasons({**REASONS, ("decision", "ZZZ"): 1, ("decision", "EXPIRED"): 0})
    order = [str(reason) for reason in Reason]
    known = [reason for reason in found["decision"] if reason in order]
    assert known == sorted(known, key=order.index)
    assert list(found["decision"])[-1] == "ZZZ"
    assert "EXPIRED" not in found["decision"]
    assert legitimate_volume(12000, REASONS) == 6775


def test_the_golden_funnel_adds_up_and_names_its_stages_in_both_languages() -> None:
    found = funnel(GOLDEN, REASONS)
    assert found.ok
    shown = {stage.key: stage.count for stage in found.stages}
    assert (shown["hits"], shown["refused"], shown["scheduled"], shown["dropped"]) == (12000, 5500, 6500, 80)
    assert (shown["waiting"], shown["in_transit"], shown["responded"]) == (0, 0, 900)
    assert all(stage.label("fr") and stage.label("fr") != stage.label("en") for stage in found.stages)
    for whole in ("hits", "scheduled", "sent"):
        assert found.count(whole) == sum(stage.count for stage in found.stages if stage.inside == whole)


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        (Tally(hits=1), "eligible_is_refused_plus_scheduled"),
        (Tally(went_out=1), "scheduled_is_all_its_fates"),
        (Tally(delivered=1), "sent_is_all_its_outcomes"),
        (Tally(responded=121), "steps_never_grow"),
    ],
)
def test_a_funnel_that_leaks_says_which_identity_broke(change: Tally, broken: str) -> None:
    found = funnel(GOLDEN + change, REASONS)
    assert not found.ok
    assert [name for name, holds in found.identities.items() if not holds] == [broken]


@given(st.lists(st.sampled_from([GOLDEN, GOLDEN + GOLDEN, Tally()]), max_size=5))
def test_the_funnel_of_the_network_is_the_sum_of_the_funnels_of_its_stores(stores: list[Tally]) -> None:
    network = funnel(Tally.sum(stores))
    parts = [funnel(store) for store in stores]
    for stage in network.stages:
        assert stage.count == sum(part.count(stage.key) for part in parts)
    assert network.ok


def test_the_page_of_indicators_names_every_entry_with_both_labels() -> None:
    page = (Path(__file__).parents[2] / "docs" / "indicators.md").read_text(encoding="utf-8")
    for entry in REGISTRY:
        line = next(line for line in page.splitlines() if f"{entry.id} `{entry.key}`" in line)
        assert entry.label_fr in line
        assert entry.label_en in line
        assert (entry.interval or "exact") in line


def test_a_negative_count_is_an_error_and_shows_nothing() -> None:
    found = evaluate("sent", Tally(sent=-1), period=JUNE, scope=NETWORK, today=AFTER)
    assert (found.status, found.display, found.value) == ("error", "-", None)


@pytest.mark.parametrize("wrong", [{6: 1}, {0: 1}])
def test_answers_outside_their_scale_and_unknown_directions_are_refused(wrong: dict[int, int]) -> None:
    with pytest.raises(ValueError, match="values are 1 to 5"):
        csat(wrong, "1-5")
    with pytest.raises(ValueError, match="easy_high"):
        ces({1: 1}, "1-7", "sideways")
    with pytest.raises(KeyError):
        csat({1: 1}, "1-9")


def test_a_weighted_score_names_the_segment_that_answers_most() -> None:
    parts = [
        Part("drive", 60000, (372, 255, 93)),
        Part("livraison", 25000, (48, 42, 30)),
        Part("proximite", 15000, (24, 18, 18)),
    ]
    found = weighted_nps(parts)
    assert (found.display("fr"), found.n, found.facts["segment"], found.facts["warning"]) == ("+28", 900, "drive", True)
    assert weighted_nps(None).status == weighted_nps(parts[:1]).status == Status.NOT_MEASURED


def test_the_median_of_counts_is_that_of_the_values() -> None:
    for counts in ({}, {3: 1}, {3: 1, 4: 1}, {1: 2, 9: 3}, {1: 3, 9: 3}, {0: 1, 5: 1, 7: 2}):
        values = [value for value, often in counts.items() for _ in range(often)]
        assert median_of_counts(counts) == median(values)


def test_stars_say_each_theme_and_no_mean_of_means() -> None:
    answers = {("q_wait", str(star)): 4 for star in range(1, 6)} | {("q_welcome", "5"): 9}
    themes = {"q_wait": Said("Attente", "Waiting"), "q_welcome": Said("Accueil", "Welcome")}
    found = stars_by_theme(answers, themes)
    wait, welcome = found.facts["themes"]  # type: ignore[misc]
    assert (found.value, found.n, found.display("fr")) == (None, 29, "Attente 3,0")
    assert (wait["value"], wait["n"], wait["four_five_rate"]) == (3.0, 20, 40.0)
    assert (welcome["value"], welcome["status"]) == (None, "hidden")
    assert stars_by_theme({}, {}).status == Status.NOT_MEASURED


def test_the_n_of_the_r_indicator_is_that_of_the_segments_it_compares() -> None:
    found = r_indicator([(30, 150), (20, 164), (9, 67)])
    assert found.n == 150 + 164
    assert r_indicator([(30, 150), (20, 164), (9, 67), (5, 40)]).n == 150 + 164 + 107
