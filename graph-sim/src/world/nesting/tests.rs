use super::*;

/// Groups with the groups that are members of them.
fn groups(of: &[(&str, &[&str])]) -> Vec<Group> {
    let one = |(id, members): &(&str, &[&str])| Group {
        id: (*id).to_owned(),
        member_groups: members.iter().map(ToString::to_string).collect(),
        ..Group::default()
    };
    of.iter().map(one).collect()
}

#[test]
fn each_group_is_found_once_through_any_nesting_and_any_circle() {
    let all = groups(&[
        ("A", &["b", "C", "gone"]),
        ("b", &["d", "A"]),
        ("C", &["D", "c"]),
        ("d", &["B"]),
        ("e", &[]),
    ]);
    let nesting = Nesting::of(&all);
    let below = |place: usize| -> Vec<&str> { nesting.below(&all[place]).iter().map(|one| one.id.as_str()).collect() };
    assert_eq!(below(0), ["b", "C", "d"]);
    assert_eq!(below(1), ["d", "A", "C"]);
    assert_eq!(below(2), ["d", "b", "A"]);
    assert_eq!(below(4), Vec::<&str>::new());
    assert_eq!(nesting.direct(&all[0]).count(), 2);
}
