"""What the documents promise in strong words, and the test or benchmark that would fail if it was not so.

By document: a part of the sentence, and the test as `file::name`, below `tests/`. `tests/test_documents.py` holds that
no strong sentence is missing here, and that each test is there.
"""

from typing import Final

#: Words that promise; in headings, tables, and names of ours they do not.
STRONG: Final = r"\b(never|always|at once)\b"

_CONTROL: Final = "grid/control/test_control_pass.py::"

CLAIMS: Final[dict[str, dict[str, str]]] = {
    "README.md": {
        "how the car answers: never": "entities/test_policy.py::test_a_policy_takes_effect_at_once",
        "Balancing never waits for it": "bridge/test_ledger_packages.py::"
        "test_without_the_internet_the_fuse_is_kept_and_the_ledger_follows",
        "Every increase is slow, every reduction at once": "grid/control/test_control_pass.py::"
        "test_reductions_never_wait_for_the_write_interval",
    },
    "docs/balancing.md": {
        "A missing meter is never 0 W": "entities/test_sensor.py::test_a_missing_meter_is_not_zero",
        "It is never raised, but for a try": "grid/network/test_protection.py::test_a_silent_charger_is_never_raised",
        "Every pass decides for all devices at once": f"{_CONTROL}test_three_levels_hold_each_their_own_limit",
        "a car is never between 0 and its minimum": "closed_loop/test_evening.py::"
        "test_no_car_charges_below_its_minimum",
        "The order is made anew every 10 minutes": f"{_CONTROL}test_places_do_not_change_from_step_to_step",
        "never while power flows": "grid/device/test_plug.py::"
        "test_power_that_flows_is_a_plug_and_an_old_reading_is_none",
        "A current where none was expected counts at once": "grid/device/test_phase_detection.py::"
        "test_a_current_on_a_phase_that_was_believed_unused_counts_in_the_same_step",
        "the fuse always wins": f"{_CONTROL}test_the_fuse_wins_over_the_floor",
        "What that pass had decided counts as never said": "grid/engine/test_pass_never_dies.py::"
        "test_whatever_function_raises_the_safe_state_is_told_in_the_same_turn",
        "in steps of the charger and never between": "grid/planning/test_plan.py::"
        "test_whoever_is_held_back_gets_its_energy_by_the_plan",
        "The level is never below 99 %": "grid/planning/test_plan.py::"
        "test_the_peak_that_was_reached_before_is_used_again",
        "as many at once as the plan's height allows": "grid/planning/test_plan.py::test_no_plan_exceeds_a_phase",
        "the chargers on a phase never draw more than before": "grid/requests/test_staggered_release.py::"
        "test_the_rebound_of_all_kinds_is_bounded",
        "It is measured, never told by the participant": "grid/market/test_adversary.py::"
        "test_pulling_the_plug_of_the_measurement",
        "its baseline may fall by then, never rise": "grid/model/test_metered_series.py::"
        "test_a_baseline_does_not_rise_by_waiting_with_the_answer",
        "More than that is never paid": "grid/requests/test_lifecycle.py::"
        "test_delivery_is_what_the_arithmetic_says_and_never_more_than_asked_nor_than_measured",
    },
    "docs/outages.md": {
        "counts as dead at once": "grid/network/test_supply.py::test_what_feeds",
    },
    "docs/books.md": {
        "never a whole Wh behind": "economy/books/test_sharing.py::test_what_must_hold_of_every_sharing",
    },
    "docs/charging-sessions.md": {
        "a payment that was ordered is never made again": "bridge/test_payment_desk.py::"
        "test_the_ledger_is_believed_where_the_journal_was_set_back",
    },
    "docs/data-topics.md": {
        "is known at once and paid on the next day": "economy/topics/test_topic_book.py::"
        "test_a_day_that_is_spent_pays_on_the_next_in_order",
        "The whole budget is never exceeded": "economy/topics/test_topic_properties.py::"
        "test_no_iota_is_lost_or_paid_twice_and_no_budget_exceeded",
        "everybody is believed and paid at once": "economy/topics/test_topic_book.py::"
        "test_the_first_k_are_paid_when_the_kth_confirms",
    },
    "docs/faults.md": {
        "never above the capacity for longer than the table says": "grid/engine/test_faults.py::"
        "test_two_faults_at_once",
    },
    "docs/ledger.md": {
        "It follows the grid and never holds it up": "bridge/test_ledger_packages.py::"
        "test_without_the_internet_the_fuse_is_kept_and_the_ledger_follows",
        "messages are never encrypted": "ledger/messages/test_participant_keys.py::"
        "test_sealed_messages_say_nothing_to_others",
        "(both always empty)": "ledger/node/test_node_rules.py::test_neighbours_are_answered_sensibly",
        "Payments get their milestone at once": "ledger/node/test_node_rules.py::"
        "test_a_payment_does_not_wait_behind_a_flood_of_messages",
        "`addNeighbors` and `removeNeighbors` always are": "island/test_guests.py::test_a_guest",
        "or never becomes a whole head of a request": "island/test_guests.py::"
        "test_whatever_is_wrong_is_said_as_iri_says_it",
        "Deleting the guest revokes it at once": "island/test_guests.py::test_a_guest",
        "never in the entry, in states": "ledger/wallet/test_seeds.py::test_seeds_show_nowhere",
        "can never be booked, because": "ledger/restore/test_restoring.py::test_any_files_of_any_moments",
        "must never receive again": "issues/test_watch.py::test_an_owner_whose_address_was_spent_from",
        "Were they never used": "ledger/wallet/test_seeds.py::test_the_search_goes_on_over_gaps",
        "it always has the same signatures": "ledger/restore/test_restoring.py::test_any_files_of_any_moments",
        "There is never a second treasury": "ledger/restore/test_restoring.py::"
        "test_a_lost_tangle_without_anything_remembered_is_not_begun_again",
        "never for energy that was not measured": "grid/requests/test_lifecycle.py::"
        "test_no_history_pays_without_delivery",
    },
    "docs/linked_islands.md": {
        "It never tells names or states of charge": "island/test_links.py::"
        "test_nothing_of_who_lives_there_leaves_the_house",
        "It never pays them more": "link/core/test_requests.py::"
        "test_a_house_says_where_it_is_paid_and_pays_no_more_than_it_ever_would",
    },
    "docs/reference.md": {
        "takes its access away at once": "island/test_guests.py::test_a_guest",
        "Takes effect at once": "island/test_car_services.py::"
        "test_a_rule_for_one_service_comes_first_and_takes_effect_at_once",
        "always gives a car its lowest current": "flows/test_subentries.py::"
        "test_a_charger_that_cannot_pause_is_said_to",
        "as much is always kept free for it": "flows/test_subentries.py::"
        "test_what_cannot_be_paused_counts_in_the_safe_state",
        "The sun is measured, never limited and never asked": "entities/test_event.py::test_the_sun_is_never_asked",
        "a change takes effect at once": "entities/test_policy.py::test_a_policy_takes_effect_at_once",
        "never do any of this, not even as owners": "actions/test_access.py::"
        "test_an_owner_who_may_only_look_may_only_look",
        "Owners take effect at once": "actions/test_access.py::test_owners_take_effect_without_a_new_start",
        "It can never raise it": "grid/network/test_feeder_watch.py::test_no_order_gives_more_than_the_fuse_carries",
        "Each change of the meter runs one control pass at once": "island/test_meter_moment.py::"
        "test_all_at_once_is_one_pass_at_once",
        "is shown at once when something happens": "entities/test_recorder_load.py::"
        "test_an_overload_is_shown_with_its_load_at_once",
        "and at once when a session begins": "entities/test_recorder_load.py::"
        "test_the_energy_of_a_session_is_shown_in_half_kilowatt_hours_and_a_new_session_at_once",
        "At once come the first one": "island/test_faults.py::test_an_entry_removed_while_a_payment_is_queued",
    },
    "docs/services.md": {
        "always the cost so far less what was paid": "economy/services/test_parking.py::"
        "test_each_day_is_paid_when_it_ends_and_the_sum_is_exact",
        "All of it takes effect at once": "island/test_car_services.py::"
        "test_a_rule_for_one_service_comes_first_and_takes_effect_at_once",
        "may always begin, end and pay by hand": "island/test_car_services.py::"
        "test_a_car_without_a_tracker_parks_by_hand",
    },
    "docs/vehicles.md": {
        "Two vehicles never have the same sensor": "flows/test_vehicle_flow.py::test_two_vehicles_can_be_told_apart",
        "at once and without a new start": "island/test_vehicle_at_charger.py::"
        "test_its_settings_count_while_it_is_there_and_the_chargers_after_that",
        "is never changed by a vehicle": "grid/engine/test_parts.py::"
        "test_a_car_never_changes_what_its_charger_can_take",
    },
}
