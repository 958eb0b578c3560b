"""The fault matrix (pipeline.md, 16): each fault of the line, what is expected of it, and the tests that show it.

`./bin/surveyor-faults --matrix N` runs every row N times; `docs/reliability.md` has the same table, and an ordinary
test holds both to this one. `night`: what the nightly tier adds to the row's tests.
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Row:
    """A fault, what must come of it, and the tests: `file::name`, the file under `tests/` and without `test_`."""

    name: str
    fault: str
    expected: str
    tests: tuple[str, ...]
    night: str = ""


def _row(name: str, fault: str, expected: str, tests: str, night: str = "") -> Row:
    return Row(name, fault, expected, tuple(tests.split()), night)


MATRIX = (
    _row(
        "F1",
        "a kill at each fault point; three in a row",
        "nothing lost, nothing twice",
        "faults/kill_points::a_kill_anywhere_on_the_line_loses_and_doubles_nothing "
        "faults/kill_points::three_kills_in_a_row_keep_every_promise "
        "faults/kill_points::a_publication_is_whole_or_not_at_all "
        "faults/kill_points::a_migration_killed_half_way_can_be_applied_again "
        "faults/kill_points::an_erasure_killed_anywhere_is_finished_by_the_next_clock "
        "faults/kill_points::a_mailbox_that_speaks_while_we_are_killed_is_heard_once "
        "faults/kill_points::a_body_stored_before_its_answer_was_lost_is_applied_once_when_it_comes_again "
        "faults/kill_points::a_clock_killed_as_it_rings_leaves_a_bell_and_no_harm "
        "faults/kill_points::every_fault_point_of_the_list_stands_once_in_the_code "
        "flows/import_orders::an_import_killed_anywhere_goes_on_and_loses_or_doubles_nothing "
        "flows/reports::a_report_survives_a_stop_anywhere_and_leaves_at_most_once",
        "--points",
    ),
    _row(
        "F2",
        "process groups killed at random while orders, emails and answers flow",
        "nothing lost, nothing twice",
        "faults/random_kills::no_email_twice_and_no_order_lost_whoever_dies_whenever",
        "--random",
    ),
    _row(
        "F3",
        "Redis emptied",
        "the next second rings again; never more than four bells",
        "faults/redis_gone::emptied_it_loses_a_bell_and_the_next_second_rings_again "
        "jobs/worker::at_most_four_bells_wait",
        "--production",
    ),
    _row(
        "F4",
        "Redis killed, back empty",
        "workers poll, and take bells again",
        "faults/redis_gone::killed_in_the_middle_the_workers_poll_and_take_bells_again_when_it_is_back",
        "--production",
    ),
    _row(
        "F5",
        "Redis full; set to forget",
        "workers poll; refused at the start, an alert later",
        "faults/redis_gone::full_it_takes_no_bell_and_the_workers_look_by_themselves "
        "faults/redis_gone::one_that_would_rather_forget_than_refuse_is_an_alert_until_it_is_set_right "
        "jobs/redis_policy::s52_production_refuses_a_redis_that_evicts_and_names_it",
    ),
    _row(
        "F6",
        "Redis accepts and never answers",
        "pages, clock and emails wait for nothing",
        "faults/redis_gone::a_redis_that_never_answers_holds_up_neither_pages_nor_the_clock_nor_emails",
    ),
    _row(
        "F7",
        "a consumer killed between commit and acknowledgement",
        "delivered again, one event",
        "jobs/worker::a_consumer_killed_before_it_acknowledges_records_each_order_once "
        "jobs/consume::what_was_committed_and_not_acknowledged_comes_again_and_changes_nothing",
        "--production",
    ),
    _row(
        "F8",
        "the group of a stream destroyed",
        "made again at 0, what comes again is absorbed",
        "jobs/consume::entries_made_before_the_group_and_after_it_was_destroyed_are_read",
    ),
    _row(
        "F9",
        "a lagging stream trimmed; entries deleted",
        "the alert `ingest_gap`",
        "jobs/consume::entries_trimmed_before_they_were_read_are_seen "
        "jobs/consume::entries_deleted_while_they_were_pending_are_seen_and_let_go "
        "ingest/kafka::messages_that_the_broker_deleted_before_they_were_read_are_a_gap",
    ),
    _row(
        "F10",
        "an entry or an event that cannot be read",
        "quarantined, the rest flows",
        "jobs/consume::an_entry_that_cannot_be_read_is_quarantined_and_acknowledged_and_the_rest_goes_on "
        "jobs/consume::an_entry_that_came_five_times_without_an_end_is_quarantined_and_the_others_go_on "
        "ingest/payload::a_batch_of_ten_with_three_bad_ones_keeps_the_other_seven",
    ),
    _row(
        "F11",
        "every connection to PostgreSQL cut",
        "503 and `Retry-After`, then it goes on",
        "faults/database_gone::clients_that_try_again_lose_nothing",
        "--production",
    ),
    _row(
        "F12",
        "PostgreSQL stopped, crashed and back",
        "the same",
        "faults/database_gone::while_postgresql_is_away_every_door_says_503_and_when_to_come_back "
        "faults/database_gone::a_consumer_keeps_its_entries_in_hand_until_the_database_is_back",
        "--production, --random",
    ),
    _row(
        "F13",
        "failover to a standby, synchronous and not",
        "nothing lost with the first; nobody written to twice with either",
        "faults/failover::what_a_synchronous_standby_took_over_is_all_that_was_acknowledged "
        "faults/failover::what_an_asynchronous_standby_never_heard_is_lost_and_nobody_is_written_to_twice",
    ),
    _row(
        "F14",
        "SQLite locked by somebody else",
        "waited for, else 503; no half state",
        "faults/database_gone::a_write_lock_of_sqlite_is_waited_for "
        "faults/database_gone::a_write_lock_that_outlasts_the_patience_is_a_503_and_leaves_nothing_half_done",
    ),
    _row(
        "F15",
        "the disk full (SQLite; tables and journal of PostgreSQL on 160 MB of their own)",
        "503, nothing acknowledged, on when there is room",
        "faults/database_gone::a_full_disk_is_a_503_acknowledges_nothing_and_is_over_when_there_is_room "
        "faults/full_disk::a_full_disk_refuses_orders_loses_nothing_and_is_over_when_there_is_room",
    ),
    _row(
        "F16",
        "an fsync that takes seconds",
        "acknowledged late, never early",
        "faults/slow_fsync::on_sqlite_whatever_the_outside_sees_was_on_the_disk_before "
        "faults/slow_fsync::on_postgresql_whatever_the_outside_sees_was_on_the_disk_before",
    ),
    _row(
        "F17",
        "a database restored, or copied beside the original",
        "held, a banner, no email; the late ones expire",
        "jobs/restore::an_older_backup_sends_nothing_whoever_starts_first "
        "jobs/restore::a_copy_for_another_address_sends_nothing_and_the_original_goes_on "
        "jobs/restore::what_expired_while_it_was_held_is_dropped_and_never_sent_late "
        "jobs/beat::another_cluster_is_held",
    ),
    _row(
        "F18",
        "the provider says 429",
        "waits for the reset, no failure counted, other groups go on",
        "flows/pace::too_many_requests_stop_the_group_until_the_reset_then_it_goes_on_slowly "
        "flows/pace::a_domain_that_puts_every_email_off_holds_up_no_other "
        "mail/providers/sendgrid::429_waits_for_the_reset_and_does_not_count",
        "--production",
    ),
    _row(
        "F19",
        "a storm of 5xx",
        "in doubt, the breaker opens after five",
        "flows/send_emails::five_doubts_without_an_acceptance_open_the_breaker_and_it_doubles "
        "flows/pace::after_a_rest_one_leaves_then_five_then_all",
        "--production",
    ),
    _row(
        "F20",
        "the provider hangs before, and after, accepting",
        "in doubt; then sent, or the policy of its kind",
        "mail/providers/sendgrid::each_fault_has_its_class_and_its_copies "
        "mail/providers/smtp::each_fault_has_its_class_and_its_copies "
        "flows/sweep_leases::26_hours_of_silence_end_as_unconfirmed_and_hold_the_cool_down",
        "--production",
    ),
    _row(
        "F21",
        "port closed, bad name, self-signed certificate",
        "pending, with back-off",
        "mail/providers/sendgrid::nothing_left_when_there_was_no_connection "
        "mail/providers/sendgrid::s53_a_self_signed_provider_is_refused "
        "mail/providers/smtp::s53_a_self_signed_relay_is_refused_before_anything_left "
        "mail/providers/smtp::a_relay_that_is_not_there_is_tried_again",
    ),
    _row(
        "F22",
        "reset, half a reply, nonsense, an unasked 200, a redirect",
        "as the table of outcomes says",
        "mail/providers/sendgrid::each_fault_has_its_class_and_its_copies "
        "flows/send_emails::every_answer_of_the_provider_has_its_place",
        "--production",
    ),
    _row(
        "F23",
        "the provider says 401",
        "paused, one alert, no email failed",
        "flows/send_emails::a_refused_channel_pauses_the_provider_and_a_probe_wakes_it "
        "mail/providers/sendgrid::a_wrong_key_pauses_and_shows_in_the_probe",
    ),
    _row(
        "F24",
        "provider events doubled, shuffled, late, unsigned, of another installation",
        "each once, the ladder only rises, 403 for the unsigned",
        "flows/apply_provider_batches::the_same_event_again_and_with_another_id_is_one "
        "flows/apply_provider_batches::the_ladder_ends_the_same_in_any_order_of_bodies "
        "flows/apply_provider_batches::an_event_of_another_installation_is_kept_counted_and_ignored "
        "flows/record_provider_events::the_row_itself_refuses_a_step_down "
        "web/mail_hook::s33_what_is_not_signed_right_is_refused_counted_and_not_stored",
    ),
    _row(
        "F25",
        "order events doubled, shuffled, years late, a day ahead; four deciders at once",
        "the same invitations as of the ordered feed",
        "flows/record_orders::the_order_of_arrival_changes_nothing_but_what_time_decides "
        "flows/record_orders::the_same_event_twice_in_a_batch_is_stored_once "
        "flows/record_orders::an_order_older_than_the_memory_is_judged_from_the_whole_history "
        "flows/record_orders_together::orders_that_four_workers_bring_at_once_are_all_remembered "
        "core/scenarios::a_written_case_gives_exactly_its_sends_its_last_word_and_its_trace",
    ),
    _row(
        "F26",
        "the machine's clock an hour, a day or years off, and set right",
        "no second email; no start behind the data",
        "faults/clock_jumps::a_clock_that_jumps_and_comes_back_sends_nothing_twice "
        "jobs/night::a_clock_an_hour_behind_what_was_recorded_does_not_start",
    ),
    _row(
        "F27",
        "every change of hour of Paris, Réunion and Martinique 2024-2035; 29 February",
        "two days later at ten is local",
        "core/calendar::two_days_after_any_day_of_twelve_years_ten_in_the_morning_is_ten_where_the_store_is "
        "core/calendar::months_are_clamped_to_the_end_of_the_month",
    ),
    _row(
        "F28",
        "a body of 100 MB; fifty clients that send a byte now and then",
        "413 before it is read; nobody waits",
        "faults/slow_clients::fifty_slow_clients_hold_nobody_up "
        "faults/slow_clients::a_body_too_large_is_refused_before_it_is_read",
    ),
    _row(
        "F29",
        "32 clicks at once; two tabs; two devices",
        "one response",
        "flows/record_response::32_identical_posts_at_once_leave_one_response "
        "flows/record_response::another_score_from_another_page_within_a_minute_strikes_both "
        "journeys/scanners::12_two_devices_that_disagree_are_asked_which_and_two_tabs_of_one_page_are_an_edit",
    ),
    _row(
        "F30",
        "two publications at once; a worker reads meanwhile",
        "the second is told; never a mix",
        "flows/publish_rules::of_two_that_publish_at_once_one_is_told "
        "flows/publish_rules::decisions_say_the_version_that_made_them",
    ),
    _row(
        "F31",
        "a worker stopped beyond its lease: at claim, intent, call",
        "fenced, `not started`, or the only attempt",
        "flows/sweep_leases::a_worker_that_wakes_after_a_sweep_of_its_lease_finds_its_fence_raised "
        "flows/send_emails::a_call_that_cannot_begin_in_ten_seconds_is_not_begun "
        "flows/sweep_leases::a_worker_that_wakes_after_the_sweep_settles_what_it_knows",
    ),
    _row(
        "F32",
        "a new version rolled out under load, its migration first",
        "only 503s that retries repair",
        "faults/kill_points::the_version_before_goes_on_with_the_tables_of_the_one_that_replaces_it",
        "--rolling",
    ),
    _row(
        "F33",
        "the clock process dead for an hour",
        "`/readyz` red; nothing lost",
        "faults/clock_gone::without_a_clock_readiness_is_red_and_emails_leave_all_the_same "
        "faults/clock_gone::what_waited_for_the_clock_goes_on_when_it_is_back",
    ),
    _row(
        "F34",
        "a robot on every link, by HTTP and in a browser",
        "no response, the link still good",
        "journeys/scanners::7_submitting_all_eleven_leaves_nothing "
        "journeys/scanners::a_storm_over_a_thousand_recipients_moves_no_indicator "
        "journeys/scanners::a_browser_that_opens_runs_and_submits_everything",
    ),
    _row(
        "F35",
        "unsubscribes while emails leave",
        "no intent after one that was acknowledged",
        "flows/unsubscribe::s57_no_intent_is_committed_after_an_acknowledged_unsubscribe",
    ),
)


def path(test: str) -> tuple[Path, str]:
    """The file and the function of a test of the matrix."""
    file, _, name = test.partition("::")
    folder, _, last = file.rpartition("/")
    return ROOT / "tests" / folder / f"test_{last}.py", f"test_{name}"


def table() -> list[str]:
    """The matrix as the page shows it."""
    lines = ["| | fault | what comes of it | shown by |", "|---|---|---|---|"]
    for row in MATRIX:
        files = dict.fromkeys(f"`{file.relative_to(ROOT)}`" for file, _ in map(path, row.tests))
        shown = ", ".join([*files, *([f"nightly `{row.night}`"] if row.night else [])])
        lines.append(f"| {row.name} | {row.fault} | {row.expected} | {shown} |")
    return lines


def run(times: int) -> dict[str, tuple[int, int]]:
    """Every row `times` times: how many tests passed, on both engines where they concern both, and how many did not."""
    found = {}
    for row in MATRIX:
        passed = failed = 0
        wanted = [f"{file.relative_to(ROOT)}::{name}" for file, name in map(path, row.tests)]
        for _ in range(times):
            command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *wanted]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            last = done.stdout.strip().rpartition("\n")[2]
            counted = {word: int(n) for n, word in re.findall(r"(\d+) (passed|failed|errors?|skipped)", last)}
            good = counted.pop("passed", 0)
            passed += good
            failed += sum(counted.values()) or int(done.returncode != 0 or not good)
        found[row.name] = (passed, failed)
        print(f"{row.name:4} {passed:>5} passed {failed:>3} failed  {row.fault}", flush=True)
    return found
