use super::{super::ErrorKind, *};
use proptest::prelude::*;

fn refusal(pattern: &str) -> Option<(ErrorKind, String, usize)> {
    let error = parse(pattern.as_bytes()).err()?;
    let fragment = String::from_utf8_lossy(error.fragment()).into_owned();
    Some((error.kind(), fragment, error.offset()))
}

#[test]
fn errors_name_the_part_that_is_wrong() {
    use ErrorKind::*;
    for (pattern, kind, fragment, offset) in [
        ("a**", NestedRepetition, "**", 1),
        ("ab{2}*?", NestedRepetition, "{2}*?", 2),
        ("(|*)", MissingRepeatArgument, "*", 2),
        ("a{2,1}", InvalidRepeatCount, "{2,1}", 1),
        ("x{99999999999}", InvalidRepeatCount, "{99999999999}", 1),
        ("((a{100}){10}){2}", InvalidRepeatCount, "{2}", 14),
        ("[z-a]", InvalidClassRange, "z-a", 1),
        ("[[:foo:]]", InvalidClassRange, "[:foo:]", 1),
        (r"a\p{Nope}", InvalidClassRange, r"\p{Nope}", 1),
        ("[a", MissingBracket, "[a", 0),
        ("(a", MissingParenthesis, "(a", 0),
        ("a)", UnexpectedParenthesis, "a)", 0),
        ("a(?=b)", InvalidGroup, "(?=", 1),
        ("(?i-)", InvalidGroup, "(?i-)", 0),
        ("(?P<a-b>c)", InvalidGroupName, "(?P<a-b>", 0),
        ("(?P<n", InvalidGroupName, "(?P<n", 0),
        (r"a\1", InvalidEscape, r"\1", 1),
        (r"\x{110000}", InvalidEscape, r"\x{110000", 0),
        ("a\\", TrailingBackslash, "", 2),
    ] {
        assert_eq!(
            refusal(pattern),
            Some((kind, fragment.to_owned(), offset)),
            "{pattern}"
        );
    }
}

#[test]
fn literal_readings_are_kept() {
    for pattern in [
        "{", "a{,2}", "a{1", "a{01}", "]", "}", "[]a]", "[a-]", "[[a]", "\\_", "a{ 1}",
    ] {
        assert_eq!(refusal(pattern), None, "{pattern}");
    }
}

#[test]
fn flags_and_quotations_do_not_end_a_repetition() {
    for pattern in ["a(?i)*", "a*(?i)*", "a*\\Q\\E*", "(?)"] {
        assert_eq!(refusal(pattern), None, "{pattern}");
    }
}

#[test]
fn nesting_ends_at_the_limit() {
    let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(refusal(&nested(999)), None);
    let kind = refusal(&nested(1000)).map(|(kind, ..)| kind);
    assert_eq!(kind, Some(ErrorKind::NestedTooDeeply));
}

#[test]
fn many_large_classes_are_refused() {
    let kind = refusal(&r"\pL".repeat(10_000)).map(|(kind, ..)| kind);
    assert_eq!(kind, Some(ErrorKind::TooLarge));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(pattern: Vec<u8>) {
        let _: Result<_, _> = parse(&pattern);
    }

    #[test]
    fn near_patterns_are_read_or_refused(pattern in r"[-a-c(){}\[\]?*+|.^$\\pPQEdDxiU:<>,0-2]{0,20}") {
        if let Err(error) = parse(pattern.as_bytes()) {
            let end = error.offset() + error.fragment().len();
            prop_assert_eq!(&pattern.as_bytes()[error.offset()..end], error.fragment());
        }
    }
}
