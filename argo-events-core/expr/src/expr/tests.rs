//! What expressions promise beside the values of the vectors: bounds, places, and no surprises.

use super::{Limits, Program, Refusal};
use crate::govalue::Value;
use proptest::prelude::*;

const EVENT: &str = r#"{"body":{"id":4,"tags":["a","b"],"name":"Ann"},"x-y":1,"a.b":2,"a":3}"#;

fn holds(source: &str) -> bool {
    Program::new(source).unwrap().holds(EVENT).unwrap()
}

fn refused(source: &str, limits: Limits) -> String {
    let program = match Program::with_limits(source, limits) {
        Ok(program) => program,
        Err(error) => {
            assert!(error.is_limit(), "{error}");
            return error.message().to_owned();
        }
    };
    match program.holds(EVENT) {
        Err(Refusal::Evaluation { error, .. }) => error.message().to_owned(),
        other => panic!("{source}: {other:?}"),
    }
}

#[test]
fn names_of_the_payload_are_changed_as_the_reference_does() {
    assert!(holds(
        "x_y == 1 && a.b == 2 && missing == nil && asInt('7') == 7"
    ));
    assert!(holds("sprig.upper(body.name) == 'ANN' && sprig.env == nil"));
}

#[test]
fn a_name_that_begins_with_a_dot_ends_nothing() {
    let program = Program::new("$env['.a'] == 1").unwrap();
    assert_eq!(program.holds(r#"{".a": 1}"#), Ok(true));
}

#[test]
fn the_last_of_equal_names_counts_as_in_the_reference() {
    let program = Program::new("a == 2 && b.c == 'y'").unwrap();
    let payload = r#"{"a":1,"a":2,"b":{"c":"x","\u0063":"y"}}"#;
    assert_eq!(program.holds(payload), Ok(true));
}

#[test]
fn a_fault_has_its_place_and_what_would_be_right() {
    let error = Program::new("body.id == 4 &&\n  body.name = 'Joe'").unwrap_err();
    assert_eq!((error.line(), error.column()), (2, 13));
    assert_eq!(error.span(), Some(28..29));
    assert_eq!(error.hint(), Some("equality is tested by =="));
    let wanted =
        "unexpected token Operator(\"=\") (2:13)\n |   body.name = 'Joe'\n | ............^";
    assert_eq!(error.to_string(), wanted);
}

#[test]
fn a_broken_payload_is_found_even_where_nobody_looks() {
    let program = Program::new("true").unwrap();
    for (payload, message) in [
        (
            r#"{"a":[1,}"#,
            "invalid character '}' looking for beginning of value",
        ),
        (
            r#"{"a":{"b":1e999}}"#,
            "json: cannot unmarshal number 1e999 into Go value of type float64",
        ),
        ("", "unexpected end of JSON input"),
        (
            "[]",
            "json: cannot unmarshal array into Go value of type map[string]interface {}",
        ),
    ] {
        let error = program.holds(payload).unwrap_err().to_string();
        assert_eq!(error, format!("failed to unmarshal data, {message}"));
    }
    assert_eq!(program.holds(" null "), Ok(true));
}

#[test]
fn the_usual_limits_are_those_that_are_documented() {
    let Limits {
        length,
        depth,
        steps,
        elements,
        bytes,
    } = Limits::default();
    assert_eq!((length, depth), (262_144, 100));
    assert_eq!((steps, elements, bytes), (5_000_000, 1_000_000, 67_108_864));
}

#[test]
fn an_expression_may_be_so_long_and_nest_so_deep() {
    let limits = Limits::default();
    let long = format!("true{}", " ".repeat(limits.length));
    assert!(refused(&long, limits).contains("longer than 262144 bytes"));
    for deep in [
        "(".repeat(100_000),
        "[".repeat(100_000),
        "-".repeat(100_000),
        "a ? ".repeat(50_000),
        "let a = 1;".repeat(20_000),
        format!("a{}", ".b".repeat(100_000)),
        format!("a{}", "[0]".repeat(80_000)),
        format!("1{}", "**1".repeat(80_000)),
        "map(a,".repeat(40_000),
        format!("join({}", "join(".repeat(40_000)),
    ] {
        assert!(refused(&deep, limits).contains("nests deeper than 100 levels"));
    }
}

#[test]
fn long_chains_of_operators_are_no_depth() {
    let chain = vec!["body.id == 4"; 5_000].join(" and ");
    assert!(holds(&chain));
    let sum = vec!["1"; 20_000].join("+");
    assert!(holds(&format!("{sum} == 20000")));
}

#[test]
fn nested_calls_are_judged_once_each() {
    let nested = format!("{}[]{}", "join(".repeat(80), ")".repeat(80));
    assert!(Program::new(&nested).is_err());
}

#[test]
fn an_evaluation_takes_so_many_steps() {
    let steps = Limits {
        steps: 1_000,
        ..Limits::default()
    };
    assert_eq!(refused("all(1..1000, true)", steps), "limit reached: steps");
    let endless = "all(1..99999, all(1..99999, all(1..99999, # > 0)))";
    assert_eq!(refused(endless, Limits::default()), "limit reached: steps");
}

#[test]
fn lists_have_so_many_elements_together() {
    let limits = Limits::default();
    let budget = "memory budget exceeded";
    assert_eq!(refused("len(1..100000000) > 0", limits), budget);
    assert_eq!(refused("len(map(1..100000000, #)) > 0", limits), budget);
    assert_eq!(refused("len(1..9223372036854775807) > 0", limits), budget);
    assert_eq!(
        refused("body.tags[1000000000] == 1", limits),
        "reflect: slice index out of range"
    );
    let few = Limits {
        elements: 10,
        ..limits
    };
    assert_eq!(
        refused("len([body, body, 1, 2, 3, 4, 5, 6, 7, 8]) > 0", few),
        budget
    );
}

#[test]
fn texts_and_lists_take_so_many_bytes() {
    let limits = Limits {
        bytes: 1 << 20,
        ..Limits::default()
    };
    let memory = "limit reached: memory";
    assert_eq!(
        refused("reduce(1..100, #acc + #acc, 'x') == ''", limits),
        memory
    );
    assert_eq!(
        refused("repeat(repeat('x', 1000000), 1000) == ''", limits),
        memory
    );
    assert_eq!(
        refused(
            "reduce(1..100, replace(#acc, 'x', 'xx'), 'x') == ''",
            limits
        ),
        memory
    );
    let few = Limits {
        bytes: 100,
        ..limits
    };
    assert_eq!(refused("body.name + repeat('x', 101) == ''", few), memory);
    assert_eq!(
        refused("repeat('x', 1000001) == ''", limits),
        "memory budget exceeded"
    );
}

#[test]
fn paths_into_json_are_bounded() {
    let deep = format!("$..{}", "a.".repeat(100_000));
    let call = format!("jsonpath('{{}}', '{deep}') == 1");
    assert_eq!(
        refused(&call, Limits::default()),
        "limit reached: length of a path"
    );
    let nested = format!("$[?({}1{})]", "(1+".repeat(2_000), ")".repeat(2_000));
    let call = format!("jsonpath('[1]', '{nested}') == 1");
    let message = refused(&call, Limits::default());
    assert!(message.starts_with("limit reached: "), "{message}");
}

#[test]
fn deep_payloads_are_walked_and_freed() {
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(900), "]".repeat(900));
    let program = Program::new("a == a && len(string(a)) == 1800").unwrap();
    assert_eq!(program.holds(deep), Ok(true));
    let deeper = format!(r#"{{"a":{}{}}}"#, "[".repeat(20_000), "]".repeat(20_000));
    assert!(program.holds(deeper).is_err());
}

#[test]
fn what_has_no_json_becomes_no_text() {
    assert!(holds(
        "toJson(groupBy(body.tags, #)) == '' && toJson([sprig]) == ''"
    ));
    let error = Program::new("toJSON([fromPairs([[1, 2]])]) == ''").unwrap();
    let error = error.holds(EVENT).unwrap_err().to_string();
    assert!(
        error.contains("json: unsupported type: map[interface {}]interface {}"),
        "{error}"
    );
}

#[test]
fn time_comes_from_the_host_alone() {
    let program = Program::new("now().Year() > 2000").unwrap();
    let error = program.holds("{}").unwrap_err().to_string();
    assert!(
        error.contains("the present time is not known here"),
        "{error}"
    );
}

#[test]
fn values_come_with_their_types() {
    let program = Program::new("int(body.id) + 1").unwrap();
    assert_eq!(program.evaluate(EVENT), Ok(Value::Int(5)));
    assert_eq!(
        program.holds(EVENT).unwrap_err().to_string(),
        "unable to cast expression result '%!s(int=5)' to bool"
    );
}

proptest! {
    #[test]
    fn any_text_is_compiled_or_refused(source: String) {
        if let Ok(program) = Program::new(&source) {
            let _ = program.holds(EVENT);
        }
    }

    #[test]
    fn any_tokens_are_compiled_or_refused(
        tokens in prop::collection::vec(prop::sample::select(TOKENS), 1..12)
    ) {
        if let Ok(program) = Program::new(&tokens.join(" ")) {
            let _ = program.holds(EVENT);
        }
    }

    #[test]
    fn payloads_are_judged_as_by_the_full_decoder(
        payload in r#"\{("[ab.\\-]{0,2}":([0-9e.+-]{1,4}|"[a\\"u0]{0,3}"|\[[0-9, ]{0,3}\]|\{\}|null|true),?){0,3}\}"#
    ) {
        let decoded = crate::gojson::decode(payload.as_bytes());
        let judged = Program::new("true").unwrap().holds(payload);
        prop_assert_eq!(decoded.is_ok(), judged.is_ok());
    }
}

const TOKENS: &[&str] = &[
    "body",
    ".id",
    ".tags",
    "[0]",
    "[1:]",
    "?.x",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "?",
    "==",
    "!=",
    "<",
    "and",
    "or",
    "not",
    "in",
    "matches",
    "..",
    "+",
    "-",
    "*",
    "/",
    "%",
    "**",
    "??",
    "|",
    "1",
    "2.5",
    "'a'",
    "nil",
    "true",
    "map(",
    "filter(",
    "any(",
    "reduce(",
    "len(",
    "sort(",
    "#",
    "#acc",
    ".x",
    "let x = 1;",
    "x",
    "groupBy(",
    "fromPairs(",
    "toPairs(",
    "date('2024-01-02')",
    ".Year()",
    "sprig.upper(",
    "toJSON(",
    "first(",
    "findLast(",
    "$env",
    "split(",
    "string(",
];
