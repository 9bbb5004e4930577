//! Promises of conditions as a whole.

use super::*;
use proptest::prelude::*;

const NAMES: [&str; 4] = ["dep-1", "dep-2", "dep_3", "d4"];

fn parse(text: &str) -> Condition {
    Condition::parse(text, &NAMES).unwrap()
}

fn message(text: &str) -> String {
    Condition::parse(text, &NAMES).unwrap_err().to_string()
}

#[test]
fn nothing_written_means_all_dependencies() {
    let all = parse("");
    assert_eq!(all.expression(), "dep-1&&dep-2&&dep_3&&d4");
    assert!(all.is_stateful());
    assert!(all.holds(&(0..4).collect()) && !all.holds(&(0..3).collect()));
    assert!(Condition::parse("", &["only"]).unwrap().is_one_and_done());
}

#[test]
fn and_binds_tighter_than_or() {
    let condition = parse("d4 || dep-1 && dep-2");
    assert_eq!(condition.dependencies(), [3, 0, 1]);
    assert!(condition.holds(&[0].into_iter().collect()));
    assert!(!condition.holds(&[1].into_iter().collect()));
    assert!(condition.holds(&[1, 2].into_iter().collect()));
}

#[test]
fn hyphens_and_underscores_stand_for_each_other() {
    assert_eq!(parse("dep_1 && dep-3").expression(), "dep-1&&dep_3");
}

#[test]
fn names_that_differ_only_there_are_refused_where_they_are_used() {
    let names = ["a-b", "a_b", "c"];
    assert!(Condition::parse("c", &names).is_ok());
    assert_eq!(
        Condition::parse("", &names).unwrap().expression(),
        "a-b&&a_b&&c"
    );
    let error = Condition::parse("c || a_b", &names).unwrap_err();
    let wanted = ErrorKind::Ambiguous {
        name: "a_b".into(),
        one: "a-b".into(),
        other: "a_b".into(),
    };
    assert_eq!((error.kind(), error.offset()), (&wanted, 5));
}

#[test]
fn the_last_dependency_of_a_name_counts() {
    let condition = Condition::parse("a && b", &["a", "b", "a"]).unwrap();
    assert_eq!(condition.dependencies(), [2, 1]);
    assert_eq!(
        Condition::parse("", &["a", "a"]).unwrap().dependencies(),
        [1]
    );
}

#[test]
fn no_name_is_reserved() {
    let names = ["in", "not", "and", "true", "map", "let", "IN", "nil"];
    let condition = Condition::parse(
        "(in || not) && and && true && map && let && IN && nil",
        &names,
    );
    assert_eq!(condition.unwrap().dependencies().len(), names.len());
}

#[test]
fn what_the_reference_lets_through_means_the_same() {
    let cases = [
        ("dep-1 // a comment\n || d4", "dep-1||d4"),
        ("dep-1 /* && d4 */", "dep-1"),
        ("dep-1 ?? d4 && dep_3", "dep-1&&dep_3"),
        ("[dep-1]", "[dep-1]"),
        ("let my-x = dep-1; my_x || d4", "dep-1||d4"),
        ("\"d4\" && 'dep-3'", "d4&&dep_3"),
    ];
    for (text, expression) in cases {
        assert_eq!(parse(text).expression(), expression, "{text}");
    }
}

#[test]
fn errors_say_where_and_what_is_right() {
    let cases = [
        (" \t", "the condition is blank, leave it out"),
        (
            "dep-1 &&",
            "line 1, column 9: the condition ends too early, expected the name of a dependency or (",
        ),
        (
            "dep-1 dep-2",
            "line 1, column 7: unexpected \"dep-2\", expected && or ||",
        ),
        (
            "dep-1 and dep-2",
            "line 1, column 7: unexpected \"and\", expected && or ||",
        ),
        (
            "d4 &&\n  dep-9",
            "line 2, column 3: there is no dependency \"dep-9\", did you mean \"dep-1\"",
        ),
        (
            "not",
            "line 1, column 1: there is no dependency \"not\", a condition cannot be negated",
        ),
        (
            "!d4",
            "line 1, column 1: unexpected character '!', a condition cannot be negated",
        ),
        (
            "d4 & d4",
            "line 1, column 4: unexpected character '&', write && for \"and\"",
        ),
        (
            "d4 == d4",
            "line 1, column 4: unexpected character '=', a condition names dependencies",
        ),
        (
            "dep\u{2011}1",
            "line 1, column 4: unexpected character '\u{2011}', which looks like -",
        ),
        (
            "\"dep-1\"",
            "line 1, column 1: in quotes, - is read as _, write dep-1 without quotes",
        ),
        (
            "(d4 && (dep-1)",
            "line 1, column 1: the parenthesis is not closed",
        ),
        ("(d4))", "line 1, column 5: no parenthesis is open here"),
        (
            "(d4;",
            "line 1, column 4: unexpected ;, expected &&, || or )",
        ),
        ("d4 /* ", "line 1, column 4: the comment has no end"),
        (
            "'d4",
            "line 1, column 1: the quote has no end, close it with '",
        ),
        (
            "[d4 || dep-1]",
            "line 1, column 5: unexpected ||, expected ]",
        ),
        (
            "let d4 = dep-1; d4",
            "line 1, column 5: unexpected \"d4\", expected a name that no",
        ),
        ("1", "line 1, column 1: there is no dependency \"1\""),
        ("true", "line 1, column 1: there is no dependency \"true\""),
    ];
    for (text, wanted) in cases {
        let got = message(text);
        assert!(got.starts_with(wanted), "{text:?}: {got}");
    }
}

#[test]
fn unusable_names_and_missing_dependencies_are_errors() {
    for name in ["a.b", "a b", "1a", "_a", "-a", "(a)", ""] {
        let error = Condition::parse("", &[name]).unwrap_err();
        assert_eq!(
            *error.kind(),
            ErrorKind::Name {
                name: name.to_owned()
            }
        );
    }
    assert!(Condition::parse("a", &["a", "a.b"]).is_ok());
    let none: [&str; 0] = [];
    assert_eq!(
        *Condition::all(&none).unwrap_err().kind(),
        ErrorKind::NoDependencies
    );
}

#[test]
fn depth_is_limited() {
    let nested = |depth| format!("{}d4{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(parse(&nested(MAX_DEPTH)).dependencies(), [3]);
    let error = Condition::parse(&nested(MAX_DEPTH + 1), &NAMES).unwrap_err();
    assert_eq!(
        (error.kind(), error.offset()),
        (&ErrorKind::TooDeep, MAX_DEPTH)
    );
}

#[test]
fn length_is_limited() {
    let long = format!("d4{}", " ".repeat(MAX_LENGTH - 2));
    assert!(Condition::parse(&long, &NAMES).is_ok());
    assert_eq!(
        message(&(long + " ")),
        "the condition is longer than 65536 bytes"
    );
}

#[test]
fn the_number_of_dependencies_is_limited() {
    let names: Vec<String> = (0..=MAX_DEPENDENCIES)
        .map(|number| format!("d{number}"))
        .collect();
    assert!(Condition::all(&names[1..]).is_ok());
    assert_eq!(
        *Condition::all(&names).unwrap_err().kind(),
        ErrorKind::TooMany
    );
}

/// A condition as it was made up, before anything was written or read.
#[derive(Clone, Debug)]
enum Made {
    Name(usize),
    All(Vec<Made>),
    Any(Vec<Made>),
}

impl Made {
    fn holds(&self, present: &[bool]) -> bool {
        match self {
            Self::Name(number) => present[*number],
            Self::All(made) => made.iter().all(|made| made.holds(present)),
            Self::Any(made) => made.iter().any(|made| made.holds(present)),
        }
    }

    fn write(&self) -> String {
        let join = |made: &[Self], operator: &str| {
            let parts: Vec<String> = made
                .iter()
                .map(|made| format!("({})", made.write()))
                .collect();
            parts.join(operator)
        };
        match self {
            Self::Name(number) => format!("d-{number}"),
            Self::All(made) => join(made, " && "),
            Self::Any(made) => join(made, " || "),
        }
    }
}

fn made(names: usize) -> impl Strategy<Value = Made> {
    (0..names)
        .prop_map(Made::Name)
        .prop_recursive(6, 200, 8, |inner| {
            let some = prop::collection::vec(inner, 1..8);
            prop_oneof![some.clone().prop_map(Made::All), some.prop_map(Made::Any)]
        })
}

fn agrees(made: &Made, present: &[bool]) -> Result<(), TestCaseError> {
    let names: Vec<String> = (0..present.len())
        .map(|number| format!("d_{number}"))
        .collect();
    let condition = Condition::parse(&made.write(), &names)?;
    let places = condition.dependencies().iter().enumerate();
    let set = places
        .filter(|(_, name)| present[**name])
        .map(|(place, _)| place)
        .collect();
    prop_assert_eq!(condition.holds(&set), made.holds(present));
    let again = Condition::parse(condition.expression(), &names)?;
    prop_assert_eq!(again.expression(), condition.expression());
    prop_assert_eq!(again.dependencies(), condition.dependencies());
    Ok(())
}

proptest! {
    #[test]
    fn masks_agree_with_the_tree(
        made in made(6), present in prop::collection::vec(any::<bool>(), 6),
    ) {
        agrees(&made, &present)?;
    }

    #[test]
    fn programs_and_wide_sets_agree_with_the_tree(
        made in made(150), present in prop::collection::vec(prop::bool::weighted(0.7), 150),
    ) {
        agrees(&made, &present)?;
    }

    #[test]
    fn no_text_panics(text in "[-a-d1-4_&|()\\[\\]?=;\"'/* \n]{0,40}|\\PC{0,30}") {
        if let Err(error) = Condition::parse(&text, &NAMES) {
            prop_assert!(text.is_char_boundary(error.offset()));
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
