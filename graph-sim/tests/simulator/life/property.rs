//! The rules of the Cloud PCs' life hold for any events in any order.

use std::collections::{BTreeMap, BTreeSet};

use crate::life::support::*;
use crate::routes::support::*;
use graph_sim::world::World;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

const USERS: [&str; 3] = ["u0@contoso.com", "u1@contoso.com", "u2@contoso.com"];
const GROUPS: [&str; 2] = [GROUP_A, GROUP_B];
const LARGE_NAME: &str = "Cloud PC Enterprise 4vCPU/16GB/256GB";
const PARTS: [&str; 2] = [SMALL, LARGE];

/// One action. Numbers name the user, group, licence and policy.
#[derive(Clone, Debug)]
enum Step {
    Assign(usize, BTreeSet<usize>),
    Member(usize, usize, bool),
    Licence(usize, usize, bool),
    Advance(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..3_usize, proptest::collection::btree_set(0..2_usize, 0..=2)).prop_map(|(policy, groups)| Step::Assign(policy, groups)),
        (0..2_usize, 0..3_usize, any::<bool>()).prop_map(|(group, user, on)| Step::Member(group, user, on)),
        (0..3_usize, 0..2_usize, any::<bool>()).prop_map(|(user, part, on)| Step::Licence(user, part, on)),
        prop_oneof![
            Just(1),
            Just(299),
            Just(300),
            Just(2_400),
            Just(86_400),
            Just(604_500),
            Just(604_800)
        ]
        .prop_map(Step::Advance),
    ]
}

/// The world with what was done to it. The last of three policies is a Frontline one with licences for all.
struct Scene {
    world: World,
    policies: Vec<String>,
    assigned: [BTreeSet<usize>; 3],
    directory: Directory,
    /// Directories that the service knows from some time on.
    under_way: Vec<(Timestamp, Directory)>,
    known: Directory,
    /// Since when each user has been, or has not been, entitled to a Cloud PC of a plan, as far as the service knows.
    since: BTreeMap<(usize, &'static str), (bool, Timestamp)>,
}

/// Users by group, and licences by user.
#[derive(Clone, Default)]
struct Directory {
    members: [BTreeSet<usize>; 2],
    licences: [BTreeSet<usize>; 3],
}

impl Scene {
    fn new() -> Self {
        let mut world = world();
        for user in USERS {
            set_licences(&mut world, user, &[]);
        }
        know(&mut world);
        let kinds = ["dedicated", "dedicated", "sharedByUser"];
        let policies = kinds.map(|kind| new_policy(&mut world, kind, &json!({ "provisioningType": kind })));
        let mut scene = Self {
            world,
            policies: policies.to_vec(),
            assigned: Default::default(),
            directory: Directory::default(),
            under_way: Vec::new(),
            known: Directory::default(),
            since: BTreeMap::new(),
        };
        scene.note(scene.world.now());
        scene
    }

    fn run(&mut self, step: &Step) {
        match step {
            Step::Assign(policy, groups) => {
                self.assigned[*policy].clone_from(groups);
                let target = |number: &usize| match policy {
                    2 => slice(GROUPS[*number], Some(1)),
                    _ => group(GROUPS[*number]),
                };
                let targets: Vec<Value> = groups.iter().map(target).collect();
                give(&mut self.world, &self.policies[*policy], &targets);
            }
            Step::Member(group, user, on) => {
                switch(&mut self.directory.members[*group], *user, *on);
                let members: Vec<&str> = self.directory.members[*group].iter().map(|user| USERS[*user]).collect();
                set_members(&mut self.world, GROUPS[*group], &members);
                directory_changed(&mut self.world);
            }
            Step::Licence(user, part, on) => {
                switch(&mut self.directory.licences[*user], *part, *on);
                let licences: Vec<&str> = self.directory.licences[*user].iter().map(|part| PARTS[*part]).collect();
                set_licences(&mut self.world, USERS[*user], &licences);
                directory_changed(&mut self.world);
            }
            Step::Advance(seconds) => advance(&mut self.world, &format!("PT{seconds}S")),
        }
        let now = self.world.now();
        if matches!(step, Step::Member(..) | Step::Licence(..)) {
            let known_from = now + SignedDuration::from_mins(5);
            self.under_way.push((known_from, self.directory.clone()));
        }
        while let Some((from, known)) = self.under_way.first().cloned().filter(|(from, _)| *from <= now) {
            self.known = known;
            self.under_way.remove(0);
            self.note(from);
        }
        self.note(now);
    }

    fn has_reason(&self, user: usize, plan: &str) -> bool {
        let reached = |policies: &[usize]| {
            let mut groups = policies.iter().flat_map(|policy| &self.assigned[*policy]);
            groups.any(|group| self.known.members[*group].contains(&user))
        };
        match plan {
            PLAN => reached(&[2]),
            part => reached(&[0, 1]) && self.known.licences[user].iter().any(|own| PARTS[*own] == part),
        }
    }

    fn note(&mut self, at: Timestamp) {
        for user in 0..3 {
            for plan in [SMALL, LARGE, PLAN] {
                let reason = self.has_reason(user, plan);
                let since = self.since.entry((user, plan)).or_insert((reason, at));
                if since.0 != reason {
                    *since = (reason, at);
                }
            }
        }
    }

    /// The Cloud PCs by user and plan, of which there is never more than one.
    fn fleet(&self) -> BTreeMap<(usize, &'static str), Value> {
        let mut fleet = BTreeMap::new();
        for pc in pcs(&self.world) {
            let user = USERS.iter().position(|user| pc["userPrincipalName"] == *user).unwrap();
            let plan = match pc["servicePlanName"].as_str().unwrap() {
                SMALL_NAME => SMALL,
                LARGE_NAME => LARGE,
                _ => PLAN,
            };
            let before = fleet.insert((user, plan), pc);
            assert!(before.is_none(), "two of one plan: {before:?}");
        }
        fleet
    }

    fn check(&self) {
        let (now, fleet) = (self.world.now(), self.fleet());
        for pc in fleet.values() {
            let end = pc["gracePeriodEndDateTime"].as_str();
            assert_eq!(end.is_some(), pc["status"] == "inGracePeriod", "{pc}");
            assert!(end.is_none_or(|end| end.parse::<Timestamp>().unwrap() > now), "{pc}");
        }
        for (key, (reason, since)) in &self.since {
            let status = fleet.get(key).map(|pc| pc["status"].as_str().unwrap().to_owned());
            let status = status.as_deref();
            let for_so_long = now.duration_since(*since);
            let (ready, over) = (
                for_so_long >= SignedDuration::from_mins(40),
                for_so_long >= SignedDuration::from_hours(7 * 24),
            );
            let fine = match (reason, status) {
                (true, Some("provisioned")) => true,
                (true, Some("provisioning")) => !ready,
                (false, Some("inGracePeriod")) => !over,
                (false, None) => true,
                _ => false,
            };
            assert!(fine, "{key:?} at {now}: {status:?}, reason {reason} since {since}");
        }
    }
}

fn switch(set: &mut BTreeSet<usize>, one: usize, on: bool) {
    if on {
        set.insert(one);
    } else {
        set.remove(&one);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_rules_hold_whatever_happens(steps in proptest::collection::vec(step(), 1..60)) {
        let mut scene = Scene::new();
        for step in &steps {
            let (before, reasons) = (scene.fleet(), scene.since.clone());
            scene.run(step);
            scene.check();
            // A user who was entitled all the time keeps the same Cloud PC.
            let after = scene.fleet();
            for (key, pc) in before.iter().filter(|(key, _)| reasons[key].0 && scene.since[key] == reasons[key]) {
                prop_assert_eq!(&after[key]["id"], &pc["id"]);
            }
        }
    }

    #[test]
    fn the_same_steps_lead_to_the_same_world(steps in proptest::collection::vec(step(), 1..30)) {
        let run = || {
            let mut scene = Scene::new();
            steps.iter().for_each(|step| scene.run(step));
            everything(&scene.world)
        };
        prop_assert_eq!(run(), run());
    }
}
