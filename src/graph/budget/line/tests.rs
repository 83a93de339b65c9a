use super::super::priority::Priority::{self, Change, Repair, Resync};
use super::*;

fn waiter(priority: Priority, party: &str) -> Waiter {
    Waiter {
        priority,
        party: party.into(),
    }
}

fn enter(line: &mut Line, priority: Priority) -> u64 {
    line.enter(waiter(priority, "team"))
}

fn serve(line: &mut Line) -> Option<u64> {
    let tickets: Vec<u64> = line.present.keys().copied().collect();
    serve_paced(line, tickets, None, Instant::now())
}

fn serve_paced(line: &mut Line, tickets: Vec<u64>, pace: Option<Pace>, now: Instant) -> Option<u64> {
    let mut next = tickets
        .into_iter()
        .filter(|ticket| matches!(line.turn(*ticket, pace, now), Turn::Now(_)));
    let ticket = next.next()?;
    assert_eq!(next.next(), None, "one turn at a time");
    line.served(ticket, pace.map_or(Duration::ZERO, |pace| pace.spacing), now);
    Some(ticket)
}

#[test]
fn a_change_goes_before_a_repair_and_a_repair_before_a_look_around() {
    let mut line = Line::default();
    let tickets = [Resync, Repair, Change, Change].map(|priority| enter(&mut line, priority));
    let order = [tickets[2], tickets[3], tickets[1], tickets[0]];
    assert_eq!(order.map(|_| serve(&mut line).unwrap()), order);
    assert_eq!(serve(&mut line), None);
}

#[test]
fn nobody_waits_for_ever() {
    let mut line = Line::default();
    let patient = [enter(&mut line, Resync), enter(&mut line, Resync)];
    let mut served = Vec::new();
    for _ in 0..8 {
        enter(&mut line, Change);
        enter(&mut line, Change);
        served.push(serve(&mut line).unwrap());
    }
    assert_eq!((served[3], served[7]), (patient[0], patient[1]), "{served:?}");
    assert!(served.iter().filter(|ticket| !patient.contains(ticket)).count() == 6);
}

#[test]
fn who_steps_aside_for_others_is_passed_by_all_the_same() {
    let mut line = Line::default();
    let patient = enter(&mut line, Repair);
    let mut served = Vec::new();
    for _ in 0..PASSED_BY {
        line.step_aside(patient, waiter(Repair, "team"));
        enter(&mut line, Change);
        enter(&mut line, Change);
        served.push(serve(&mut line).unwrap());
        assert_ne!(served.last(), Some(&patient));
        line.come_back(patient, waiter(Repair, "team"));
    }
    assert_eq!(line.ahead(patient), 0, "it need not check its turn any more");
    assert_eq!(serve(&mut line), Some(patient), "{served:?}");
}

#[test]
fn who_gives_up_is_in_nobodys_way() {
    let mut line = Line::default();
    let (gone, there) = (enter(&mut line, Change), enter(&mut line, Resync));
    let turns = |line: &Line| [gone, there].map(|ticket| line.turn(ticket, None, Instant::now()));
    assert_eq!(turns(&line), [Turn::Now(1.0), Turn::Others]);
    line.leave(gone);
    assert_eq!(turns(&line), [Turn::Others, Turn::Now(Resync.part())]);
}

#[test]
fn s48_a_party_with_many_waiters_delays_another_by_one_turn_at_most() {
    for served_before in 0..8 {
        let mut line = Line::default();
        let crowd: Vec<u64> = (0..100).map(|_| line.enter(waiter(Change, "crowd"))).collect();
        (0..served_before).for_each(|_| assert!(serve(&mut line).is_some()));
        let mut others: Vec<u64> = Vec::new();
        for party in ["one", "other"] {
            others.push(line.enter(waiter(Change, party)));
        }
        let next: Vec<u64> = (0..3).map(|_| serve(&mut line).unwrap()).collect();
        let of_the_crowd = next.iter().filter(|ticket| crowd.contains(ticket)).count();
        assert!(of_the_crowd <= 1, "after {served_before}: {next:?}");
        assert!(others.iter().all(|ticket| next.contains(ticket)), "after {served_before}: {next:?}");
    }
}

#[test]
fn parties_with_many_waiters_have_equal_shares_and_each_keeps_its_order() {
    let mut line = Line::default();
    let mut party = HashMap::new();
    for (name, number) in [("large", 30), ("small", 10), ("tiny", 3)] {
        for _ in 0..number {
            party.insert(line.enter(waiter(Change, name)), name);
        }
    }
    let served: Vec<u64> = (0..9).map(|_| serve(&mut line).unwrap()).collect();
    for name in ["large", "small", "tiny"] {
        let own: Vec<u64> = served.iter().copied().filter(|ticket| party[ticket] == name).collect();
        assert_eq!(own.len(), 3, "{name}: {served:?}");
        assert!(own.is_sorted(), "{name}: {own:?}");
    }
}

#[test]
fn a_ticket_that_was_kept_is_older_than_those_of_newcomers_and_blocks_none_meanwhile() {
    let mut line = Line::default();
    let (first, second) = (enter(&mut line, Change), enter(&mut line, Change));
    line.step_aside(first, waiter(Change, "team"));
    assert_eq!(serve(&mut line), Some(second));
    let third = enter(&mut line, Change);
    line.come_back(first, waiter(Change, "team"));
    assert_eq!((serve(&mut line), serve(&mut line)), (Some(first), Some(third)));
    assert_eq!(line.len(), 0);
}

#[test]
fn the_turns_ahead_are_those_of_the_more_urgent_of_the_own_party_and_one_of_each_other_for_each() {
    let mut line = Line::default();
    let crowd: Vec<u64> = (0..10).map(|_| line.enter(waiter(Repair, "crowd"))).collect();
    let other = line.enter(waiter(Repair, "other"));
    assert_eq!((line.ahead(crowd[0]), line.ahead(crowd[9]), line.ahead(other)), (0, 10, 0));
    line.enter(waiter(Change, "third"));
    line.step_aside(crowd[0], waiter(Repair, "crowd"));
    assert_eq!((line.ahead(crowd[0]), line.ahead(crowd[1]), line.ahead(other)), (1, 3, 1));
}

#[test]
fn each_of_several_parties_goes_at_its_own_pace_after_a_few_at_once() {
    let pace = Some(Pace {
        spacing: Duration::from_secs(1),
        at_once: 3,
    });
    let (mut line, start) = (Line::default(), Instant::now());
    let crowd: Vec<u64> = (0..20).map(|_| line.enter(waiter(Change, "crowd"))).collect();
    let everybody = |line: &mut Line, now: Instant| {
        let all: Vec<u64> = line.present.keys().copied().collect();
        std::iter::from_fn(|| serve_paced(line, all.clone(), pace, now)).count()
    };
    assert_eq!(everybody(&mut line, start), 3);
    assert_eq!(line.turn(crowd[3], pace, start), Turn::At(start + Duration::from_secs(1)));
    // That delays neither another party nor the tenant's own work.
    let other = line.enter(waiter(Change, "other"));
    let own: Vec<u64> = (0..5).map(|_| line.enter(waiter(Resync, ""))).collect();
    assert_eq!(everybody(&mut line, start), 6);
    assert!(!line.present.contains_key(&other) && own.iter().all(|ticket| !line.present.contains_key(ticket)));
    for second in 1..5 {
        assert_eq!(everybody(&mut line, start + Duration::from_secs(second)), 1);
    }
    // What it did not use for a while is not saved up.
    assert_eq!(everybody(&mut line, start + Duration::from_secs(60)), 3);
}

#[test]
fn parties_that_do_not_wait_are_forgotten() {
    let mut line = Line::default();
    for party in 0..10 * MANY {
        line.enter(waiter(Change, &party.to_string()));
        serve(&mut line).unwrap();
    }
    assert!(line.served.len() <= MANY, "{}", line.served.len());
}
