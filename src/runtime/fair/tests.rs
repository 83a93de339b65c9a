use crate::runtime::fair::*;

/// Workers, and what they were called for. Work is named `group/party/number`.
struct Scene {
    workers: Arc<Workers<String>>,
    called: Arc<Mutex<Vec<String>>>,
    at_work: HashMap<String, Worker<String>>,
}

impl Scene {
    fn new(number: usize) -> Self {
        let called = Arc::<Mutex<Vec<String>>>::default();
        let calls = Arc::clone(&called);
        Self {
            workers: Workers::new(number, move |work| calls.lock().push(work)),
            called,
            at_work: HashMap::new(),
        }
    }

    /// Whether it found a worker.
    fn enter(&mut self, work: &str, urgent: bool) -> bool {
        let mut parts = work.split('/');
        let mut part = || parts.next().unwrap().into();
        let party = Party {
            group: part(),
            name: part(),
        };
        let worker = self.workers.enter(work.to_owned(), party, urgent);
        let found = worker.is_some();
        self.at_work.extend(worker.map(|worker| (work.to_owned(), worker)));
        found
    }

    fn crowd(&mut self, party: &str, number: usize) -> usize {
        (0..number).filter(|n| self.enter(&format!("{party}/{n}"), true)).count()
    }

    /// Some work of a party ends. The work that is called for it comes, and is returned.
    fn ends(&mut self, party: &str) -> Vec<String> {
        let mut own: Vec<&String> = self.at_work.keys().filter(|work| work.starts_with(party)).collect();
        own.sort();
        let first = own[0].clone();
        self.at_work.remove(&first);
        let called = std::mem::take(&mut *self.called.lock());
        for work in &called {
            assert!(self.enter(work, true), "{work} was called");
        }
        called
    }

    fn of(&self, party: &str) -> usize {
        self.at_work.keys().filter(|work| work.starts_with(party)).count()
    }
}

#[test]
fn one_party_alone_has_all_workers_and_its_work_is_done_in_its_order() {
    let mut scene = Scene::new(2);
    assert_eq!(scene.crowd("t/a", 5), 2);
    assert!(!scene.enter("t/a/3", true), "it waits once");
    assert_eq!(scene.ends("t/a"), ["t/a/2"]);
    assert_eq!(scene.ends("t/a"), ["t/a/3"]);
    assert_eq!(scene.ends("t/a"), ["t/a/4"]);
    assert!(scene.ends("t/a").is_empty());
    assert_eq!(scene.of("t/a"), 1);
}

#[test]
fn s48_a_backlog_that_stands_still_leaves_another_party_and_another_group_a_worker() {
    let mut scene = Scene::new(8);
    assert_eq!(scene.crowd("t/backlog", 600), 8);
    for party in ["t/b", "t/c", "u/a"] {
        assert_eq!(scene.crowd(party, 2), 1, "{party}");
    }
    // Nor can one group with many parties take what is for the others.
    for party in 0..600 {
        scene.crowd(&format!("t/{party}"), 1);
    }
    assert_eq!(scene.of("t/") + scene.of("u/"), 8 * FOR_PARTIES);
    for group in 0..600 {
        scene.crowd(&format!("v{group}/a"), 1);
    }
    assert_eq!(scene.at_work.len(), Workers::<String>::most(8));
}

#[test]
fn what_becomes_free_goes_to_those_that_have_the_fewest() {
    let mut scene = Scene::new(4);
    scene.crowd("t/a", 20);
    scene.crowd("t/b", 20);
    scene.crowd("u/a", 20);
    assert_eq!((scene.of("t/a"), scene.of("t/b"), scene.of("u/a")), (4, 1, 1));
    let mut called = Vec::new();
    for _ in 0..6 {
        called.extend(scene.ends("t/a"));
        if scene.of("t/a") == 1 {
            break;
        }
    }
    assert_eq!((scene.of("t/"), scene.of("u/")), (2, 2), "half for each group: {called:?}");
    assert_eq!((scene.of("t/a"), scene.of("t/b")), (1, 1));
}

#[test]
fn parties_take_turns() {
    let mut scene = Scene::new(1);
    scene.crowd("t/a", 10);
    scene.crowd("t/b", 10);
    scene.crowd("t/c", 10);
    let mut turns = Vec::new();
    for party in ["t/b", "t/c", "t/a"].iter().cycle().take(12) {
        turns.extend(scene.ends(party).into_iter().map(|work| work[..3].to_owned()));
    }
    let each = |party: &str| turns.iter().filter(|turn| *turn == party).count();
    assert!(
        ["t/a", "t/b", "t/c"].iter().all(|party| each(party).abs_diff(turns.len() / 3) <= 1),
        "{turns:?}"
    );
}

#[test]
fn what_is_urgent_goes_first_and_what_is_calm_is_not_forgotten() {
    let mut scene = Scene::new(1);
    scene.enter("t/a/first", true);
    (0..3).for_each(|n| assert!(!scene.enter(&format!("t/a/calm-{n}"), false)));
    (0..5).for_each(|n| assert!(!scene.enter(&format!("t/a/urgent-{n}"), true)));
    assert!(!scene.enter("t/a/calm-2", true), "it was changed meanwhile");
    let order: Vec<String> = (0..8).flat_map(|_| scene.ends("t/a")).map(|work| work[4..].to_owned()).collect();
    let expected = [
        "urgent-0", "urgent-1", "urgent-2", "calm-0", "urgent-3", "urgent-4", "calm-2", "calm-1",
    ];
    assert_eq!(order, expected);
    assert!(scene.ends("t/a").is_empty(), "each once");
}

#[test]
fn what_is_gone_when_it_is_called_keeps_no_worker_and_nothing_is_kept_in_the_end() {
    let mut scene = Scene::new(1);
    scene.crowd("t/a", 3);
    scene.at_work.clear();
    let called = std::mem::take(&mut *scene.called.lock());
    assert_eq!(called, ["t/a/1"]);
    scene.workers.gone(&called[0]);
    scene.workers.gone(&called[0]);
    let called = std::mem::take(&mut *scene.called.lock());
    assert_eq!(called, ["t/a/2"]);
    assert!(scene.enter("t/a/2", true));
    scene.at_work.clear();
    let state = scene.workers.state.lock();
    assert!(state.parties.is_empty() && state.groups.is_empty() && state.waiting.is_empty() && state.called.is_empty());
}
