//! Promises that no vector of the library records: limits, places, and what is read in spite of all.

use super::{Expression, Limits, Value};
use proptest::prelude::*;

fn evaluate<'v>(text: &str, values: &[Option<Value<'v>>]) -> Result<Value<'static>, String> {
    let expression = Expression::parse(text).map_err(|error| error.to_string())?;
    let value = expression.evaluate(values);
    value
        .map(Value::into_owned)
        .map_err(|error| error.to_string())
}

fn constant(text: &str) -> Result<Value<'static>, String> {
    evaluate(text, &[])
}

#[test]
fn every_level_groups_to_the_left() {
    for (text, wanted) in [
        ("2 ** 3 ** 2", 64.0),
        ("10 - 3 - 2 + 1", 6.0),
        ("100 / 10 / 5 * 2", 4.0),
        ("-2 ** 2", 4.0),
        ("1 | 2 ^ 3 & 4", 0.0),
    ] {
        assert_eq!(constant(text), Ok(Value::Number(wanted)), "{text}");
    }
}

#[test]
fn a_mistake_says_where_it_is_and_what_is_right() {
    for (text, offset, length, expected) in [
        ("a = 1", 2, 1, "`==`, which compares"),
        ("a and b", 2, 3, "`&&`"),
        ("(a", 0, 1, "a `)` for this `(`"),
        ("a == 'x", 5, 2, "a closing quote"),
        ("a &&", 4, 0, "a value, a name or `(`"),
        ("a =~ '('", 5, 3, "a regular expression of RE2"),
        ("len(a)", 3, 1, "an operator; there are no functions here"),
    ] {
        let mistake = Expression::parse(text).unwrap_err();
        assert_eq!(mistake.offset(), offset, "{text}");
        assert_eq!(mistake.length(), length, "{text}");
        assert_eq!(mistake.expectation(), Some(expected), "{text}");
    }
}

#[test]
fn what_follows_a_whole_expression_is_passed_over() {
    assert_eq!(constant("(1) 2"), Ok(Value::Number(1.0)));
    assert_eq!(constant("((1) 2 + 3)"), Ok(Value::Number(4.0)));
    assert_eq!(evaluate("a) (b", &[Some(true.into())]), Ok(true.into()));
}

#[test]
fn a_date_in_quotes_is_a_number_and_a_date_in_the_body_a_text() {
    assert_eq!(constant("'1970-01-02' == 86400"), Ok(true.into()));
    let day = [Some(Value::from("1970-01-02"))];
    assert_eq!(evaluate("a == '1970-01-02'", &day), Ok(false.into()));
}

#[test]
fn membership_compares_lists_and_maps_by_what_they_hold() {
    let list = Value::from(vec![Value::from(1.0)]);
    let lists = Value::from(vec![Value::Null, list.clone()]);
    assert_eq!(
        evaluate("a in b", &[Some(list), Some(lists)]),
        Ok(true.into())
    );
}

#[test]
fn a_pattern_is_no_text() {
    let value = [Some(Value::from("x1"))];
    assert!(evaluate("a =~ 'x' + 1", &value).is_err());
    assert_eq!(evaluate("a =~ 'x' + '1'", &value), Ok(true.into()));
}

#[test]
fn what_is_not_needed_may_be_unbound() {
    let values = [Some(true.into()), None];
    assert_eq!(evaluate("a || b == 2", &values), Ok(true.into()));
    let missing = evaluate("a && b == 2", &values).unwrap_err();
    assert_eq!(missing, "No parameter 'b' found.");
}

#[test]
fn a_backslash_at_the_end_is_an_error() {
    assert!(constant("a\\").is_err());
    assert!(constant("'a\\").is_err());
}

#[test]
fn a_megabyte_of_parentheses_is_refused() {
    let deep = "(".repeat(1 << 20);
    assert!(constant(&deep).unwrap_err().contains("bytes long"));
    let most = Limits::default().max_depth;
    let nested = |depth| format!("{}1{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(constant(&nested(most)), Ok(Value::Number(1.0)));
    assert!(constant(&nested(most + 1)).unwrap_err().contains("deeper"));
}

#[test]
fn a_long_chain_takes_no_stack() {
    let chain = vec!["a"; 20_000].join("+");
    assert_eq!(evaluate(&chain, &[Some(1.0.into())]), Ok(20_000.0.into()));
}

#[test]
fn doubled_texts_end_at_the_limit() {
    let doubled = vec!["a"; 30_000].join("+");
    let megabyte = Value::from("x".repeat(1 << 20));
    let error = evaluate(&doubled, &[Some(megabyte)]).unwrap_err();
    assert_eq!(error, "expression joins too long texts");
}

#[test]
fn steps_end_at_the_limit() {
    let limits = Limits {
        max_steps: 100,
        ..Limits::default()
    };
    let elements = Value::from(vec![Value::Null; 101]);
    let expression = Expression::parse_with("1 in a", limits).unwrap();
    let values = [Some(elements)];
    let error = expression.evaluate(&values).unwrap_err();
    assert_eq!(error.to_string(), "expression takes too many steps");
}

proptest! {
    #[test]
    fn no_text_panics(text in "[a-c0-9.xX'\"\\\\()\\[\\],?:&|=~!<>+*/%^ -]{0,40}") {
        if let Ok(expression) = Expression::parse(&text) {
            let values = vec![Some(Value::from("1")); expression.variables().len()];
            let _ = expression.evaluate(&values).is_ok();
        }
    }
}
