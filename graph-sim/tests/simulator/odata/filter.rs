//! `$filter` apart from any route: what is understood, what is refused and why, and what objects pass.

use graph_sim::base::answer::ApiVersion::{self, Beta, V1};
use graph_sim::graph::odata::filter::{Expression, Filter, Flaw, Literal, Scope, Test};
use graph_sim::graph::odata::tables::{Filterable, Operator, Operators};
use graph_sim::graph::permission::Layer;
use graph_sim::schema::enums::{IMAGE_TYPE, MANAGEMENT_SERVICE, PROVISIONING_TYPE};
use graph_sim::schema::{Kind, Property, Type, flag, retired, text};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

static INNER: Type = Type::new("inner", &[text("name"), Property::new("kind", Kind::Enum(&IMAGE_TYPE)).beta()]);
static THING: Type = Type::new(
    "thing",
    &[
        text("name"),
        text("note"),
        text("plain"),
        text("hidden"),
        text("new").beta(),
        text("old").deprecated(),
        flag("on", false),
        Property::new("size", Kind::Int32),
        Property::new("at", Kind::DateTime),
        Property::new("day", Kind::Date),
        Property::new("key", Kind::Guid),
        Property::new("kind", Kind::Enum(&PROVISIONING_TYPE)),
        Property::new("by", Kind::Flags(&MANAGEMENT_SERVICE)).beta(),
        Property::new("inner", Kind::Complex(&INNER)),
        Property::new("inners", Kind::Complex(&INNER)).list(),
        text("tags").list(),
        retired("gone", Kind::Text),
    ],
);
const ALL: Operators = Operators::of(&Operator::ALL).and_not();
static PATHS: [Filterable; 15] = [
    filterable("name"),
    filterable("note"),
    filterable("new"),
    filterable("old"),
    filterable("on"),
    filterable("size"),
    filterable("at"),
    filterable("day"),
    filterable("key"),
    filterable("kind"),
    filterable("by"),
    filterable("inner/name"),
    filterable("inner/kind"),
    filterable("tags"),
    Filterable {
        path: "plain",
        operators: Operators::of(&[Operator::Eq]),
    },
];

const fn filterable(path: &'static str) -> Filterable {
    Filterable { path, operators: ALL }
}

fn scope(version: ApiVersion, layer: Layer) -> Scope {
    Scope {
        ty: &THING,
        version,
        filter: &PATHS,
        layer,
    }
}

fn parse(version: ApiVersion, text: &str) -> Result<Filter, Flaw> {
    Filter::parse(text, &scope(version, Layer::DeviceManagement))
}

fn things() -> Vec<Map<String, Value>> {
    let things = json!([
        {"name": "a", "note": "It's", "on": true, "size": 1, "at": "2026-01-05T08:00:00Z", "kind": "dedicated", "by": "windows365,devBox",
            "inner": {"name": "x", "kind": "custom"}, "key": "0DEC9f32-0000-4000-8000-00000000000a", "day": "2026-01-05"},
        {"name": "B", "note": null, "on": false, "size": -2, "at": "2026-01-05T10:00:00.5+01:00", "kind": "sharedByUser", "by": "devBox",
            "inner": null},
        {"name": "c", "size": null, "inner": {"name": "X"}, "new": "n", "old": "o", "plain": "p"},
    ]);
    let things = things.as_array().unwrap().iter();
    things.map(|thing| thing.as_object().unwrap().clone()).collect()
}

fn passing(layer: Layer, text: &str) -> String {
    let filter = Filter::parse(text, &scope(Beta, layer)).unwrap_or_else(|flaw| panic!("{text}: {flaw}"));
    let names = things().into_iter().filter(|thing| filter.passes(thing));
    names.map(|thing| thing["name"].as_str().unwrap().to_lowercase()).collect()
}

#[test]
fn a_filter_lets_through_what_it_says() {
    for (filter, expected) in [
        ("name eq 'a'", "a"),
        ("name eq 'b'", ""),
        ("name eq 'B'", "b"),
        ("  ( name  eq 'a' )or(name eq 'B')  ", "ab"),
        ("note eq 'It''s'", "a"),
        ("note eq null", "bc"),
        ("note ne null", "a"),
        ("note ne 'x'", "abc"),
        ("null eq note or name eq 'a'", "refused"),
        ("name in ('a','c','z')", "ac"),
        ("note in ('z',null)", "bc"),
        ("on eq true", "a"),
        ("on ne true", "bc"),
        ("size gt -3", "ab"),
        ("size le 1 and size ge 1", "a"),
        ("size eq null", "c"),
        ("at lt 2026-01-05T09:00:00Z", "a"),
        ("at eq 2026-01-05T09:00:00.500Z", "b"),
        ("at eq 2026-01-05T09:00:00+01:00", "a"),
        ("at ge 2026-01-05", "ab"),
        ("day eq 2026-01-05", "a"),
        ("key eq 0dec9f32-0000-4000-8000-00000000000A", "a"),
        ("kind eq 'sharedByUser'", "b"),
        ("by eq 'devBox, windows365'", "a"),
        ("by eq 'devBox'", "b"),
        ("inner/name eq 'x'", "a"),
        ("inner/name eq null", "b"),
        ("inner/kind eq 'custom'", "a"),
        ("startswith(note,'It')", "a"),
        ("endsWith(note,'''s')", "a"),
        ("contains( note , 't''' )", "a"),
        // Null is neither in a string nor out of it.
        ("not startswith(note,'x')", "a"),
        ("not (startswith(note,'x') or name eq 'B')", "a"),
        ("not (startswith(note,'x') and name eq 'c')", "ab"),
        ("not not (name eq 'a')", "a"),
        // `and` binds closer than `or`.
        ("name eq 'a' or name eq 'B' and on eq true", "a"),
        ("(name eq 'a' or name eq 'B') and on eq false", "b"),
        ("new eq 'n'", "c"),
        ("old eq 'o'", "c"),
    ] {
        if expected == "refused" {
            assert!(parse(Beta, filter).is_err(), "{filter}");
        } else {
            assert_eq!(passing(Layer::DeviceManagement, filter), expected, "{filter}");
        }
    }
}

#[test]
fn the_directory_does_not_mind_the_case_of_letters() {
    for (filter, expected) in [
        ("name eq 'A'", "a"),
        ("name in ('A','b')", "ab"),
        ("name le 'B'", "ab"),
        ("startswith(note,'IT')", "a"),
        ("inner/name eq 'x'", "ac"),
    ] {
        assert_eq!(passing(Layer::Directory, filter), expected, "{filter}");
    }
    assert_eq!(passing(Layer::DeviceManagement, "name le 'B'"), "b");
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn a_filter_that_is_not_understood_is_refused_by_what_is_wrong_with_it() {
    let deep = format!("{}name eq 'a'{}", "(".repeat(33), ")".repeat(33));
    let long = format!("name eq '{}'", "x".repeat(5000));
    for (filter, wrong) in [
        ("", "position 0"),
        ("name", "takes an operator, at position 4"),
        ("name eq", "a value is missing or is no literal, at position 7"),
        ("name eq a", "no literal"),
        ("name eq 'a", "has no end, at position 8"),
        ("name eq 'a' 'b'", "after its end, at position 12"),
        ("name eq 'ä' or x", "takes an operator, at position 16"),
        ("name = 'a'", "no operator of a comparison, at position 5"),
        ("name has 'a'", "no operator"),
        ("name EQ 'a'", "no operator"),
        ("(name eq 'a'", "not closed"),
        ("name eq 'a')", "after its end"),
        ("name in ()", "a value is missing"),
        ("name in ('a'", "not closed"),
        ("name in 'a'", "list in parentheses"),
        ("not name eq 'a'", "'not' takes"),
        ("startswith(name)", "a property and a string"),
        ("startswith('a',name)", "takes a property first"),
        ("tolower(name) eq 'a'", "'tolower'"),
        ("startswith(name,'a') eq true", "after its end"),
        ("name eq 'a' and", "missing"),
        ("and", "takes an operator"),
        ("at ge datetime'2026-01-01'", "directly after a word"),
        ("nothing eq 'a'", "'microsoft.graph.thing' has no property 'nothing'"),
        ("Name eq 'a'", "no property 'Name'"),
        ("name/x eq 'a'", "no property 'name/x'"),
        ("inners/name eq 'a'", "no property 'inners/name'"),
        ("hidden eq 'a'", "'hidden' of 'microsoft.graph.thing' cannot be filtered by"),
        ("tags eq 'a'", "'tags' of"),
        ("inner eq null", "'inner' of"),
        ("plain ne 'a'", "'ne' is not supported for the property 'plain'"),
        ("not (plain eq 'a')", "'not' is not supported for the property 'plain'"),
        ("plain eq null", "cannot be compared with null"),
        ("name eq 5", "'name' of type 'Edm.String' cannot be compared with 5"),
        ("size eq '5'", "'Edm.Int32' cannot be compared with '5'"),
        ("size eq 1.5", "no literal"),
        ("on eq 'true'", "'Edm.Boolean'"),
        ("at ge '2026-01-05T08:00:00Z'", "'Edm.DateTimeOffset'"),
        ("at ge 2026-13-05T08:00:00Z", "no literal"),
        ("at ge 2026-01-05T08:00:00", "no literal"),
        ("key eq '0dec9f32-0000-4000-8000-00000000000a'", "'Edm.Guid'"),
        (
            "kind eq 'nonsense'",
            "'microsoft.graph.cloudPcProvisioningType' cannot be compared with 'nonsense'",
        ),
        ("startswith(kind,'dedicated')", "by 'startswith'"),
        ("size lt null", "cannot be compared with null by 'lt'"),
        ("startswith(name,null)", "cannot be compared with null"),
        ("by eq 'windows365,nonsense'", "cannot be compared with"),
        (&deep, "nested too deeply"),
        (&long, "longer than 4096"),
    ] {
        let flaw = parse(Beta, filter).expect_err(filter);
        assert!(flaw.to_string().contains(wrong), "{filter}: {flaw}");
    }
    // What a version does not have, or has only for old callers, is not filtered by in it.
    for filter in [
        "new eq 'n'",
        "old eq 'o'",
        "kind eq 'sharedByUser'",
        "inner/kind eq 'custom'",
        "by eq 'devBox'",
    ] {
        assert!(parse(V1, filter).is_err(), "{filter}");
        assert!(parse(Beta, filter).is_ok(), "{filter}");
    }
}

/// Well-formed tests, of properties that are compared in all ways.
fn tests() -> impl Strategy<Value = Test> {
    let words = proptest::sample::select(vec!["", "a", "B", "c", "It's", "''", "x,y)", " or "]);
    let words = words.prop_map(|word| Literal::Text(word.to_owned()));
    let texts = prop_oneof![4 => words, 1 => Just(Literal::Null)];
    let numbers = (-3..3_i64).prop_map(Literal::Number);
    let path = proptest::sample::select(vec!["name", "note", "inner/name"]);
    let functions = proptest::sample::select(vec![Operator::StartsWith, Operator::EndsWith, Operator::Contains]);
    let infix: Vec<Operator> = Operator::ALL.into_iter().filter(|one| !one.is_function()).collect();
    let orders: Vec<Operator> = infix.iter().copied().filter(|one| *one != Operator::In).collect();
    let test = |(path, operator, values)| Test { path, operator, values };
    prop_oneof![
        (path.clone(), Just(Operator::In), prop::collection::vec(texts.clone(), 1..4)).prop_map(test),
        (path, functions, words_only()).prop_map(test),
        (Just("size"), proptest::sample::select(orders), numbers.prop_map(|one| vec![one])).prop_map(test),
        (
            Just("name"),
            proptest::sample::select(vec![Operator::Eq, Operator::Ne]),
            texts.prop_map(|one| vec![one])
        )
            .prop_map(test),
    ]
}

fn words_only() -> impl Strategy<Value = Vec<Literal>> {
    proptest::sample::select(vec!["", "a", "t'", "x"]).prop_map(|word| vec![Literal::Text(word.to_owned())])
}

fn expressions() -> impl Strategy<Value = Expression> {
    tests().prop_map(Expression::Test).prop_recursive(4, 24, 3, |inner| {
        let several = prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            several.clone().prop_map(Expression::All),
            several.prop_map(Expression::Any),
            inner.prop_map(|one| Expression::Not(Box::new(one))),
        ]
    })
}

/// What OData says of an expression, in the plainest way: true, false or neither.
fn naive(expression: &Expression, thing: &Map<String, Value>) -> Option<bool> {
    let all = |parts: &[Expression]| parts.iter().map(|part| naive(part, thing)).collect::<Vec<_>>();
    match expression {
        Expression::Not(inner) => naive(inner, thing).map(|one| !one),
        Expression::All(parts) => match all(parts) {
            parts if parts.contains(&Some(false)) => Some(false),
            parts if parts.contains(&None) => None,
            _ => Some(true),
        },
        Expression::Any(parts) => match all(parts) {
            parts if parts.contains(&Some(true)) => Some(true),
            parts if parts.contains(&None) => None,
            _ => Some(false),
        },
        Expression::Test(test) => {
            let pointer = format!("/{}", test.path);
            let own = Value::Object(thing.clone()).pointer(&pointer).cloned().unwrap_or_default();
            let values: Vec<Value> = test.values.iter().map(plain).collect();
            let size = |value: &Value| value.as_i64();
            let (left, right) = (size(&own), size(&values[0]));
            let both = left.is_some() && right.is_some();
            let text = own.as_str();
            let part = values[0].as_str().unwrap_or_default();
            match test.operator {
                Operator::Eq => Some(own == values[0]),
                Operator::Ne => Some(own != values[0]),
                Operator::In => Some(values.contains(&own)),
                Operator::Gt => Some(both && left > right),
                Operator::Ge => Some(both && left >= right),
                Operator::Lt => Some(both && left < right),
                Operator::Le => Some(both && left <= right),
                Operator::StartsWith => text.map(|text| text.starts_with(part)),
                Operator::EndsWith => text.map(|text| text.ends_with(part)),
                Operator::Contains => text.map(|text| text.contains(part)),
            }
        }
    }
}

fn plain(literal: &Literal) -> Value {
    match literal {
        Literal::Text(text) => json!(text),
        Literal::Number(number) => json!(number),
        _ => Value::Null,
    }
}

/// Pieces of filters in any order, so that a random text gets further than its first word.
fn shreds() -> impl Strategy<Value = String> {
    let known = vec![
        "name",
        "inner/kind",
        "size",
        "at",
        "eq",
        "in",
        "not",
        "and",
        "or",
        "(",
        ")",
        ",",
        "'",
        "'a'",
        "null",
        "-1",
        "contains",
        "startswith(",
        "2026-01-05T08:00:00Z",
        "🦀",
    ];
    let piece = prop_oneof![8 => proptest::sample::select(known).prop_map(str::to_owned), 1 => any::<String>()];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_is_read_back_and_means_the_same(expression in expressions()) {
        let printed = expression.to_string();
        let read = parse(V1, &printed);
        prop_assert_eq!(read.as_ref().map(|filter| &filter.expression), Ok(&expression), "{}", printed);
        for thing in things() {
            prop_assert_eq!(read.as_ref().unwrap().passes(&thing), naive(&expression, &thing) == Some(true), "{} of {:?}", printed, thing);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in prop_oneof![shreds(), any::<String>()]) {
        for version in [V1, Beta] {
            if let Ok(filter) = parse(version, &text) {
                prop_assert_eq!(parse(version, &filter.to_string()), Ok(filter));
            }
        }
    }
}

#[test]
fn what_is_nested_without_end_is_refused_and_nothing_worse() {
    for hostile in ["(", "not ", "not (", "contains(", "name in (", "name eq 'a' and (", "'"] {
        for times in [33, 300, 4000] {
            assert!(parse(Beta, &hostile.repeat(times)).is_err(), "{hostile} {times} times");
        }
    }
    let wide = vec!["on eq true"; 250].join(" or ");
    assert!(parse(Beta, &wide).is_ok(), "width costs no depth");
}
