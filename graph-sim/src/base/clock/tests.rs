use super::*;

#[test]
fn a_frozen_clock_moves_only_when_told() {
    let start: Timestamp = "2026-01-05T08:00:00Z".parse().unwrap();
    let mut clock = Clock::frozen(start);
    assert_eq!(clock.now(), start);
    clock.advance("P1DT2H").unwrap();
    assert_eq!(clock.now().to_string(), "2026-01-06T10:00:00Z");
}

#[test]
fn what_is_not_a_forward_duration_is_refused_and_moves_nothing() {
    let start: Timestamp = "2026-01-05T08:00:00Z".parse().unwrap();
    let mut clock = Clock::frozen(start);
    for wrong in ["", "24h later", "-PT1H", "P1M", "P9999999D"] {
        assert!(clock.advance(wrong).is_err(), "{wrong} was taken");
    }
    assert_eq!(clock.now(), start);
}

#[test]
fn a_running_clock_stays_ahead() {
    let mut clock = Clock::running();
    clock.advance("PT48H").unwrap();
    assert!(clock.now() > Timestamp::now() + SignedDuration::from_hours(47));
}
