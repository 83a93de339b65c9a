//! What exploring has found, as tests by name: each line a scenario and the smallest plan that showed it.

use libtest_mimic::{Failed, Trial};

use crate::plan::Plan;
use crate::{run, scenario, timeline};

/// The name of the test, the scenario, the plan.
const FOUND: &[(&str, &str, &str)] = &[
    ("a_list_that_graph_refuses_once_stalls_nothing", "policy-create", "| G3 400"),
    ("f12_the_second_product_of_a_request_is_reported", "policy-create", "| G5 replayed"),
    (
        "what_is_deleted_before_graph_shows_it_is_not_waited_for_without_end",
        "policy-create",
        "| K10 hand delete",
    ),
    (
        "f60_a_name_is_not_free_because_one_list_lacks_its_object",
        "policy-rename-onto-taken",
        "| G8 stale",
    ),
    (
        "s51_what_a_deleted_definition_leaves_in_a_cache_is_not_believed",
        "definition-deleted",
        "| K26 crash-after",
    ),
    ("a_tenant_that_waits_for_its_users_asks_seldom", "tenant-made-anew", "|"),
    ("others_are_told_of_a_status_whose_answer_was_lost", "shut-out", "| K39 cut-after"),
    (
        "s43_an_object_does_not_supply_the_record_that_it_is_judged_by",
        "forged-owner",
        "createdBy=name |",
    ),
    (
        "a_group_whose_assignment_goes_at_once_is_taken_off",
        "unassign-at-once",
        "| K25 409",
    ),
    (
        "a_group_that_graph_shows_late_is_taken_off_all_the_same",
        "unassign-at-once",
        "replicationLag=PT4M |",
    ),
    (
        "f56_a_group_that_was_lost_is_assigned_again_by_the_next_process",
        "leader-change",
        "| K23 hand assign",
    ),
    (
        "f47_a_process_that_ends_during_its_first_lists_leaves_nothing_undone",
        "policy-create",
        "| K3 crash-before",
    ),
    // These hold in two ways at once, which only plans with two turns tell apart.
    (
        "a_lost_create_that_graph_shows_late_is_not_sent_again",
        "policy-create",
        "replicationLag=PT90S | G5 cut-after",
    ),
    (
        "f38_a_read_and_a_list_that_are_wrong_at_once_prove_no_absence",
        "policy-update",
        "| G7 404; G8 very-stale",
    ),
    (
        "f42_reads_that_contradict_the_list_prove_no_absence",
        "policy-rename",
        "| G7 404; G10 404",
    ),
];

/// A test for each.
pub fn trials() -> impl Iterator<Item = Trial> {
    FOUND
        .iter()
        .map(|(name, scenario, plan)| Trial::test(format!("found::{name}"), move || holds(scenario, plan)))
}

fn holds(name: &str, plan: &str) -> Result<(), Failed> {
    let plan: Plan = plan.parse()?;
    let scenario = scenario::named(name)?;
    let outcome = run::run(&scenario, &plan);
    if outcome.violations.is_empty() {
        return Ok(());
    }
    Err(timeline::told(&scenario, &plan, &outcome).into())
}
