use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn window(requests: u32) -> Window {
    Window::new(Limit {
        requests,
        window: 20 * SECOND,
    })
}

/// A window whose service is known to accept the plan.
fn proven(requests: u32) -> Window {
    let mut window = window(requests);
    window.proven = window.planned();
    window
}

/// Sends one request after the other, each answered at once. How many were admitted at that time.
fn send(window: &mut Window, most: usize, now: Instant) -> usize {
    let mut sent = 0;
    while sent < most
        && let Ok(slot) = window.admit(1.0, now)
    {
        window.answered(slot, true, now);
        sent += 1;
    }
    sent
}

/// The service refuses the next request and asks for a pause.
fn refuse(window: &mut Window, pause: Duration, now: Instant) {
    let slot = window.admit(1.0, now).unwrap();
    window.refuse(now, now + pause, true, now);
    window.answered(slot, false, now);
}

#[test]
fn a_whole_window_goes_at_once_and_then_none_until_the_first_was_answered_a_window_ago() {
    let (mut window, start) = (proven(2), Instant::now());
    let first = window.admit(1.0, start).unwrap();
    assert!(window.admit(1.0, start).is_ok());
    assert_eq!(window.admit(1.0, start), Err(None));
    window.answered(first, true, start + SECOND);
    assert_eq!(window.admit(1.0, start + SECOND), Err(Some(start + 21 * SECOND)));
    let last = window.admit(1.0, start + 21 * SECOND).unwrap();
    assert_eq!(window.left(start + 21 * SECOND), 0);
    window.give_back(last);
    assert_eq!(window.left(start + 21 * SECOND), 1);
}

#[test]
fn what_is_less_urgent_leaves_room() {
    let (mut window, start) = (proven(10), Instant::now());
    (0..5).for_each(|_| assert!(window.admit(0.5, start).is_ok()));
    assert_eq!(window.admit(0.5, start), Err(None));
    assert!(window.admit(1.0, start).is_ok());
}

#[test]
fn more_than_a_tenth_of_the_plan_is_tried_a_few_at_a_time_until_it_is_known_to_be_taken() {
    let (mut window, start) = (window(100), Instant::now());
    let known: Vec<_> = (0..10).map(|_| window.admit(1.0, start).unwrap()).collect();
    let first = window.admit(1.0, start).unwrap();
    assert_eq!(window.admit(1.0, start), Err(Some(start + TRIED)), "one at a time");
    // One that is not answered delays no other for long.
    let second = window.admit(1.0, start + TRIED).unwrap();
    for slot in known.into_iter().chain([first, second]) {
        window.answered(slot, true, start + TRIED);
    }
    let side_by_side = |window: &mut Window, now: Instant| {
        let tried: Vec<_> = std::iter::from_fn(|| window.admit(1.0, now).ok()).collect();
        let number = tried.len();
        tried.into_iter().for_each(|slot| window.answered(slot, true, now));
        number
    };
    let numbers = (0..60).map(|_| side_by_side(&mut window, start + TRIED));
    let mut numbers: Vec<usize> = numbers.take_while(|number| *number > 0).collect();
    let last = numbers.pop();
    assert!(last <= numbers.last().copied(), "{numbers:?} and {last:?}");
    assert!(numbers.starts_with(&[1; 18]) && numbers.is_sorted(), "{numbers:?}");
    assert_eq!(
        (numbers.last(), numbers.iter().sum::<usize>() + last.unwrap()),
        (Some(&MOST_TRIES), 88)
    );
    // The requests of the next window are sent side by side.
    let next = start + 30 * SECOND;
    assert_eq!(std::iter::from_fn(|| window.admit(1.0, next).ok()).count(), 100);
}

#[test]
fn a_refusal_teaches_what_was_taken_and_later_one_request_a_window_tries_for_more() {
    let (mut window, start) = (window(100), Instant::now());
    assert_eq!(send(&mut window, 20, start), 20);
    refuse(&mut window, 20 * SECOND, start);
    assert_eq!((window.left(start), window.spacing(start)), (0, SECOND));
    // Perhaps that was no limit of this class: it is tried once more as soon as the known number was accepted.
    let second = start + 20 * SECOND;
    assert_eq!(send(&mut window, 20, second), 20);
    refuse(&mut window, 20 * SECOND, second);
    let third = second + 20 * SECOND;
    assert_eq!(send(&mut window, 100, third), 20, "no more than was accepted");
    // In the later half of the window, when a pause would cost little.
    assert_eq!(window.admit(1.0, third), Err(Some(third + 10 * SECOND)));
    refuse(&mut window, 10 * SECOND, third + 10 * SECOND);
    // What was refused may count as well; the next try comes when that is over.
    let fourth = third + 20 * SECOND;
    assert_eq!(send(&mut window, 100, fourth), 19);
    assert_eq!(window.admit(1.0, fourth), Err(Some(third + 30 * SECOND)));
    assert_eq!(window.proven, 20);
}

#[test]
fn a_refusal_that_does_not_say_when_is_not_tried_again_at_once() {
    let (mut window, start) = (window(100), Instant::now());
    send(&mut window, 20, start);
    let slot = window.admit(1.0, start).unwrap();
    window.refuse(start, start + SECOND, false, start);
    window.answered(slot, false, start);
    assert_eq!(window.admit(1.0, start + SECOND), Err(Some(start + 20 * SECOND)));
}

#[test]
fn when_more_is_taken_again_the_plan_is_reached_within_the_window() {
    let (mut window, start) = (window(100), Instant::now());
    for at in [start, start + 20 * SECOND] {
        send(&mut window, 20, at);
        refuse(&mut window, 20 * SECOND, at);
    }
    let lifted = start + 40 * SECOND;
    assert_eq!(send(&mut window, 100, lifted), 20);
    assert_eq!(send(&mut window, 100, lifted + 10 * SECOND), 80);
    assert_eq!(window.spacing(lifted), 20 * SECOND / 100, "and what was refused is forgotten");
}

#[test]
fn refusals_side_by_side_are_one_lesson() {
    let (mut window, start) = (proven(100), Instant::now());
    assert_eq!(send(&mut window, 40, start), 40);
    let pause = start + 5 * SECOND;
    let slots: Vec<_> = (0..8).map(|_| window.admit(1.0, start).unwrap()).collect();
    for slot in slots {
        window.refuse(start, pause, true, start);
        window.answered(slot, false, start);
    }
    assert_eq!(window.proven, 40);
    // However often: something is left.
    let mut at = pause;
    for _ in 0..20 {
        at += 20 * SECOND;
        refuse(&mut window, SECOND, at);
    }
    assert_eq!(window.proven, 10);
    assert_eq!(
        Window::new(Limit {
            requests: 0,
            window: SECOND
        })
        .left(at),
        1
    );
}

#[test]
fn warnings_take_a_fifth_a_window_and_time_gives_it_back() {
    let (mut window, start) = (proven(100), Instant::now());
    (0..8).for_each(|_| window.warn(0.8, start, start));
    assert_eq!(window.left(start), 80);
    window.warn(0.8, start + 20 * SECOND, start + 20 * SECOND);
    let left = window.left(start + 20 * SECOND);
    assert_eq!(left, 72, "after a tenth was given back");
    assert_eq!(window.left(start + 40 * SECOND), 82);
    assert_eq!(window.left(start + 100 * SECOND), 100);
}
