use super::*;

#[test]
fn a_window_lets_in_what_leaves_it_and_tells_when() {
    let mut window = Window::default();
    let mut take = |now: i64| {
        let wait = window.wait(now, 60_000, 2, 1);
        if wait == 0 {
            window.add(now, 1);
        }
        wait
    };
    let seen = [0, 10_000, 59_999, 60_000, 60_000, 70_000].map(&mut take);
    assert_eq!(seen, [0, 0, 1, 0, 10_000, 0]);
    // The clock was set back.
    assert_eq!(take(5), 0);
}

#[test]
fn a_bucket_drains_steadily() {
    let mut bucket = Bucket::default();
    for _ in 0..5 {
        assert_eq!(bucket.wait(0, 10, 2), 0);
        bucket.add(10, 2);
    }
    assert_eq!((bucket.wait(0, 10, 2), bucket.tenths(10)), (2000, 10));
    assert_eq!((bucket.wait(1999, 10, 2), bucket.wait(2000, 10, 2)), (1, 0));
    for _ in 0..20 {
        bucket.add(10, 2);
    }
    assert_eq!((bucket.tenths(10), bucket.wait(2000, 10, 1)), (18, 9000));
    assert_eq!(Bucket::default().wait(0, 1, 5), 0, "never let in");
}
