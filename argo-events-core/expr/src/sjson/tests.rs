//! Tests of writing by paths as a whole.

use super::*;
use crate::gjson;
use proptest::prelude::*;

fn written(json: &str, path: &str) -> String {
    match set_raw(json, path, "9") {
        Ok(json) => String::from_utf8_lossy(&json).into_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn missing_containers_are_made() {
    for (json, path, wanted) in [
        ("", "a.b", r#"{"a":{"b":9}}"#),
        ("", "0", "[9]"),
        ("", "2", "[null,null,9]"),
        ("", "-1", r#"{"-1":9}"#),
        ("", "a.-1.b", r#"{"a":[{"b":9}]}"#),
        ("{}", "a.1", r#"{"a":[null,9]}"#),
        ("{}", "a.:1", r#"{"a":{"1":9}}"#),
        (r#"{"a":5}"#, "a.b", r#"{"a":{"b":9}}"#),
        ("null", "a", r#"{"a":9}"#),
        ("[1]", "3", "[1,null,null,9]"),
        ("[1 ]\n", "-1", "[1 ,9]"),
        (r#"{"a":1}"#, r"b\.c", r#"{"a":1,"b.c":9}"#),
    ] {
        assert_eq!(written(json, path), wanted, "{json} {path}");
    }
}

#[test]
fn what_is_not_written_stays() {
    for (json, path, wanted) in [
        ("{ \"a\" : 1, \"a\":2 }\n", "a", "{ \"a\" : 9, \"a\":2 }\n"),
        (
            "{\"x\":[ 1,{\"y\" :\t2} ]}",
            "x.1.y",
            "{\"x\":[ 1,{\"y\" :\t9} ]}",
        ),
    ] {
        assert_eq!(written(json, path), wanted);
    }
}

#[test]
fn operators_write_to_what_exists() {
    let json = r#"{"p":[{"n":"a","v":1},{"n":"b","v":2},{"n":"a","v":3}]}"#;
    for (path, wanted) in [
        (
            r#"p.#(n=="b").v"#,
            r#"{"p":[{"n":"a","v":1},{"n":"b","v":9},{"n":"a","v":3}]}"#,
        ),
        (
            r#"p.#(n=="a")#.v"#,
            r#"{"p":[{"n":"a","v":9},{"n":"b","v":2},{"n":"a","v":9}]}"#,
        ),
        (
            "p.#.v",
            r#"{"p":[{"n":"a","v":9},{"n":"b","v":9},{"n":"a","v":9}]}"#,
        ),
        (r#"p.#(n=="c").v"#, json),
        ("p|0", json),
        ("*", r#"{"p":9}"#),
    ] {
        assert_eq!(written(json, path), wanted, "{path}");
    }
}

#[test]
fn deleting_takes_one_comma_along() {
    for (json, path, wanted) in [
        (r#"{"a":1,"b":2,"c":3}"#, "b", r#"{"a":1,"c":3}"#),
        (r#"{"a":1, "b":2}"#, "a", r#"{ "b":2}"#),
        (r#"{"a":1}"#, "a", "{}"),
        ("[1,2,3]", "-1", "[1,2]"),
        ("[1,2,3]", "0", "[2,3]"),
        ("[1]", "5", "[1]"),
        (r#"{"x":1,"\"":2,"y":3}"#, "\"", r#"{"x":1,"y":3}"#),
    ] {
        assert_eq!(
            delete(json, path),
            Ok(wanted.as_bytes().to_vec()),
            "{json} {path}"
        );
    }
    assert_eq!(delete("[1]", "#"), Err(Error::Complex));
}

#[test]
fn numbers_are_written_without_an_exponent() {
    for (number, wanted) in [
        (1e21, "[1000000000000000000000]"),
        (1.5e-7, "[0.00000015]"),
        (-0.0, "[-0]"),
    ] {
        assert_eq!(
            set("[0]", "0", &gojson::Value::Number(number)),
            Ok(wanted.as_bytes().to_vec())
        );
    }
    let nested = gojson::Value::Array(vec![gojson::Value::Number(1e21)]);
    assert_eq!(set("[0]", "0", &nested), Ok(b"[[1e+21]]".to_vec()));
}

#[test]
fn errors_say_what_is_right() {
    for (path, message) in [
        ("", "path is empty, it needs at least one key or index"),
        (
            "a",
            "'a' is no index of an array: use a number, or -1 to append",
        ),
        (
            "-2",
            "'-2' is no index of an array: use a number, or -1 to append",
        ),
        (
            "70000",
            "index needs 69999 nulls in front of it, at most 65536 are written",
        ),
    ] {
        assert_eq!(written("[1]", path), message);
    }
}

#[test]
fn padding_is_limited_as_a_whole() {
    assert!(set_raw("", MAX_PADDING.to_string(), "9").is_ok());
    let half = (MAX_PADDING / 2 + 1).to_string();
    assert!(matches!(
        set_raw("", format!("{half}.{half}"), "9"),
        Err(Error::Padding { .. })
    ));
}

#[test]
fn the_deepest_paths_are_written() {
    let parts = (1..)
        .take_while(|parts| Path::parse("a.".repeat(*parts) + "a").is_ok())
        .last();
    let path = "a.".repeat(parts.unwrap()) + "a";
    let json = set_raw("", &path, "9").unwrap();
    assert_eq!(set_raw(&json, &path, "9"), Ok(json));
    assert!(matches!(
        Path::parse("a.".repeat(1 << 19)),
        Err(Error::Path(_))
    ));
}

#[test]
fn values_within_one_another_are_not_moved_without_end() {
    let json = format!("[{}0]", "[[0]],".repeat(100_000));
    assert_eq!(set_raw(&json, "#.#.#", "9"), Err(Error::NoPlace));
}

fn letters() -> impl Strategy<Value = Vec<u8>> {
    let letter = prop_oneof![
        8 => proptest::sample::select(b"ab01.|#*?\\()[]{}\":,@!= -".to_vec()),
        1 => any::<u8>(),
    ];
    proptest::collection::vec(letter, 0..24)
}

proptest! {
    #[test]
    fn any_path_ends_on_any_bytes(json in letters(), path in letters()) {
        let _ = set_string(&json, &path, "x");
        let _ = delete(&json, &path);
    }

    #[test]
    fn what_is_written_is_found(
        names in proptest::collection::vec("[a-c.:é|\"]{1,3}", 1..4),
        text: String,
    ) {
        let escaped: Vec<String> = names
            .iter()
            .map(|name| name.chars().flat_map(|letter| ['\\', letter]).collect())
            .collect();
        let path = escaped.join(".");
        let json = set_string("{\"a\":{\"b\":1}}", &path, &text).unwrap();
        prop_assert!(gjson::valid(&json));
        let found = gjson::get(&json, &path).unwrap();
        prop_assert_eq!(found.text(), text);
    }
}
