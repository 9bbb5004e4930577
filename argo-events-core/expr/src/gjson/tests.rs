//! Tests of paths as a whole; the details of each piece are tested beside it.

use super::*;
use proptest::prelude::*;
use std::{borrow::Cow, sync::mpsc, thread, time::Duration};

/// Far more than any of these takes, far less than a quadratic one would.
const PATIENCE: Duration = Duration::from_secs(20);

const JSON: &str = r#"{
    "name": {"first": "Ann", "a.b": "dotted"}, "age": 41, "big": 12345678901234567890,
    "pets": [
        {"name": "Rex", "age": 3, "tags": ["x", "y"]},
        {"name": "Tom", "age": 9, "tags": []},
        {"name": "Kit", "age": null}
    ],
    "caf\u00e9": "é", "age": "second"
}"#;

fn text(path: &str) -> String {
    let found = get(JSON, path).unwrap();
    if found.exists() {
        found.text().into_owned()
    } else {
        "nothing".to_owned()
    }
}

#[test]
fn every_operator_reads_its_part() {
    for (path, wanted) in [
        ("name.first", "Ann"),
        (r"name.a\.b", "dotted"),
        ("age", "41"),
        ("café", "é"),
        ("n*.f?rst", "Ann"),
        ("big", "12345678901234567890"),
        ("pets.#", "3"),
        ("pets.1.name", "Tom"),
        ("pets.-1.name", "nothing"),
        ("pets.#.age", "[3,9,null]"),
        ("pets.#.tags.#", "[2,0]"),
        ("pets.#(age>5).name", "Tom"),
        ("pets.#(age>=3)#.name", r#"["Rex","Tom"]"#),
        ("pets.#(age>100)#", "[]"),
        ("pets.#(tags.#(==\"y\")).name", "Rex"),
        ("pets.#(name%\"*t\").name", "Kit"),
        ("pets.#(age==~null).name", "Kit"),
        ("pets.#.name|#", "3"),
        ("pets.#.name|0", "Rex"),
        ("name.@keys", r#"["first","a.b"]"#),
        ("pets|@reverse|0.name", "Kit"),
        ("{age,first:name.first}", r#"{"age":41,"first":"Ann"}"#),
        ("[age,missing,pets.0.name]", r#"[41,"Rex"]"#),
        (r#"{age,"n":!null}"#, r#"{"age":41,"n":null}"#),
        ("!\"fixed\"", "fixed"),
        ("@this.age", "41"),
        ("@nothing.age", "nothing"),
        ("..0.age", "41"),
    ] {
        assert_eq!(text(path), wanted, "{path}");
    }
}

#[test]
fn every_modifier_reshapes() {
    for (path, json, wanted) in [
        ("@reverse", r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#),
        ("@flatten", "[1,[2,[3]],[]]", "[1,2,[3]]"),
        (r#"@flatten:{"deep":true}"#, "[1,[2,[3]],[]]", "[1,2,3]"),
        ("@join", r#"[{"a":1,"b":2},7,{"a":3}]"#, r#"{"a":3,"b":2}"#),
        (
            r#"@join:{"preserve":true}"#,
            r#"[{"a":1},{"a":3}]"#,
            r#"{"a":1,"a":3}"#,
        ),
        ("@keys", "[1,2]", "[null,null]"),
        ("@values", r#"{"a":1,"a":[2]}"#, "[1,[2]]"),
        ("@tostr", r#"{"a":"<"}"#, r#"{"a":"<"}"#),
        ("@fromstr.a", r#""{\"a\":1}""#, "1"),
        (
            "@group",
            r#"{"a":[1,2],"b":[3],"c":4}"#,
            r#"[{"a":1,"b":3},{"a":2}]"#,
        ),
        (
            "@dig:a",
            r#"{"a":1,"b":[{"a":{"a":2}}]}"#,
            r#"[1,{"a":2},2]"#,
        ),
        ("@valid", "[1", ""),
        ("@ugly", r#"{ "a b" : [ 1 ] }"#, r#"{"a b":[1]}"#),
        (
            "@pretty",
            r#"{"a":[1,2],"b":{}}"#,
            "{\n  \"a\": [1, 2],\n  \"b\": {}\n}\n",
        ),
        (
            r#"@pretty:{"sortKeys":true,"indent":"","width":0}"#,
            r#"{"b":[1],"a":2}"#,
            "{\n\"a\": 2,\n\"b\": [\n1\n]\n}\n",
        ),
    ] {
        let found = get(json, path).unwrap();
        assert_eq!(found.text(), wanted, "{path}");
    }
}

#[test]
fn broken_documents_give_what_was_read() {
    for (path, json, wanted) in [
        ("a", r#"{"a":12"#, Some("12")),
        ("a", r#"{"a":"12"#, None),
        ("#", "[1,2", Some("2")),
        ("#", "[1,\"2", None),
        ("a.b", r#"{"a":{"b":[1,{"c":"#, Some(r#"[1,{"c":"#)),
        ("b", r#"{"a" 1 "b" 2"#, Some("2")),
    ] {
        let found = get(json, path).unwrap();
        assert_eq!(
            found.exists().then(|| found.text().into_owned()).as_deref(),
            wanted,
            "{path} {json}"
        );
    }
}

#[test]
fn what_is_found_is_borrowed_from_the_document() {
    let path = Path::parse("pets.#(age>5).name").unwrap();
    assert!(matches!(
        path.get(JSON).into_raw(),
        Cow::Borrowed(b"\"Tom\"")
    ));
}

#[test]
fn decoding_keeps_the_first_of_repeated_names() {
    use crate::gojson::Value;
    let value = Found::parse(r#"{"a":[1e3,"é\n",true],"a":2,"b":null}"#).to_value();
    let list = vec![
        Value::Number(1000.0),
        Value::String("é\n".into()),
        Value::Bool(true),
    ];
    let members = [
        ("a".to_owned(), Value::Array(list)),
        ("b".to_owned(), Value::Null),
    ];
    assert_eq!(value, Ok(Value::Object(members.into())));
}

#[test]
fn a_path_has_a_longest_length_and_a_greatest_depth() {
    let error = |path: String| {
        Path::parse(path)
            .map(|_| ())
            .expect_err("beyond the limits")
    };
    assert_eq!(
        error("a".repeat(1 << 20)),
        PathError::TooLong { length: 1 << 20 }
    );
    for (open, close) in REPEATED {
        let path = [open.repeat(2000), close.repeat(2000)].join("a");
        assert_eq!(error(path), PathError::TooDeep, "{open}");
    }
}

/// What can follow itself, or stand within itself, again and again.
const REPEATED: [(&str, &str); 13] = [
    ("a.", ""),
    ("0.", ""),
    ("#.", ""),
    ("*.", ""),
    ("a|", ""),
    ("@this|", ""),
    ("@dig:", ""),
    ("!true|", ""),
    ("#(", ")"),
    ("#(", ")#.b"),
    ("[", "]"),
    ("{a:", "}"),
    ("[0,", "].0"),
];

#[test]
fn the_deepest_paths_need_little_stack() {
    const LITTLE: usize = 1 << 20;
    let thread = thread::Builder::new().stack_size(LITTLE).spawn(|| {
        for (open, close) in REPEATED {
            let nested = |depth| Path::parse([open.repeat(depth), close.repeat(depth)].join("a"));
            let depths: Vec<usize> = (1..=2 * MAX_PATH_DEPTH).collect();
            let depth = depths.partition_point(|depth| nested(*depth).is_ok());
            let path = nested(depth).unwrap();
            assert!(depth > MAX_PATH_DEPTH / 4, "{open} {depth}");
            for json in [r#"{"a":"#, "[", "[0,"] {
                // Only that it ends matters.
                let _outcome = path.try_get(&json.repeat(MAX_PATH_DEPTH));
            }
        }
    });
    assert!(thread.unwrap().join().is_ok());
}

/// Does some work, and fails if that takes far longer than it may.
fn soon<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::sync_channel(1);
    thread::spawn(move || sender.send(work()));
    receiver.recv_timeout(PATIENCE).expect("the work is linear")
}

fn try_soon(path: &str, json: &str) -> Result<bool, LimitError> {
    let (path, json) = (Path::parse(path).unwrap(), json.to_owned());
    soon(move || path.try_get(&json).map(|found| found.exists()))
}

#[test]
fn deep_documents_are_passed_over() {
    let deep = "[".repeat(1 << 20);
    for path in [
        "0", "#", "#.a", "#(a)#", "@this", "@keys", "@flatten", "@ugly", "..#", "@tostr",
    ] {
        assert_eq!(try_soon(path, &deep), Ok(true), "{path}");
    }
    assert_eq!(try_soon("a", &deep), Ok(false));
    let walked = &deep[..1 << 16];
    for path in ["@pretty", "@dig:a", r#"@flatten:{"deep":true}"#] {
        assert_eq!(try_soon(path, walked), Err(LimitError::Nesting), "{path}");
        assert!(!get(walked, path).unwrap().exists());
    }
    assert_eq!(Found::parse(walked).to_value(), Err(LimitError::Nesting));
}

#[test]
fn no_path_multiplies_a_document() {
    let json = format!("[{}0]", "0,".repeat(1 << 12));
    for path in [
        "@this|".to_owned() + &"[@this,@this]|".repeat(100) + "@this",
        format!("[{}@this]", "@pretty,".repeat(2000)),
        format!("[{}@this]", "@this,".repeat(2000)),
        format!("#.[{}@this]", "@this,".repeat(2000)),
        "@tostr|".repeat(100) + "@this",
        format!(r#"@pretty:{{"width":0,"indent":"{}"}}"#, " ".repeat(10_000)),
    ] {
        assert_eq!(try_soon(&path, &json), Err(LimitError::Work), "{path}");
    }
}

/// Texts of the letters that mean something in paths and in documents.
fn letters() -> impl Strategy<Value = Vec<u8>> {
    let letter = prop_oneof![
        8 => proptest::sample::select(b"ab01.|#*?\\()[]{}\":,@!=<>%~ \n-".to_vec()),
        1 => any::<u8>(),
    ];
    proptest::collection::vec(letter, 0..40)
}

fn paths() -> impl Strategy<Value = Vec<u8>> {
    let modifiers = [
        "@pretty",
        "@ugly",
        "@reverse",
        "@this",
        "@flatten",
        "@join",
        "@valid",
        "@keys",
        "@values",
        "@tostr",
        "@fromstr",
        "@group",
        "@dig",
        "#(",
        "#.",
        "a",
        "..",
        r#":{"deep":true}"#,
    ];
    let piece = prop_oneof![
        letters(),
        proptest::sample::select(modifiers.to_vec()).prop_map(|piece| piece.as_bytes().to_vec()),
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_path_ends_on_any_bytes(json in letters(), path in paths()) {
        if let Ok(path) = Path::parse(path) {
            let found = path.get(&json);
            let _ = (found.text().len(), found.as_bool(), found.as_f64(), found.as_i64());
            let _ = (found.entries().count(), found.to_value().is_ok(), valid(found.raw()));
        }
    }

    #[test]
    fn a_member_is_found_where_a_parser_finds_it(
        names in proptest::collection::vec("[a-c]{1,2}", 1..4),
        number in any::<i64>(),
    ) {
        let value = names.iter().rev().fold(serde_json::json!(number), |value, name| {
            serde_json::json!({ "z": [], name.as_str(): value, "0": {"a": 1} })
        });
        let path = names.join(".");
        let json = serde_json::to_string_pretty(&value).unwrap();
        let found = get(&json, path).unwrap();
        prop_assert_eq!(found.text(), number.to_string());
    }

    #[test]
    fn removing_blanks_undoes_laying_out(names in proptest::collection::vec("[a-c\"\\\\é ]{0,3}", 0..6)) {
        let value: serde_json::Value = names.iter().map(|name| (name.clone(), serde_json::json!([name, {"x": name}]))).collect();
        let json = value.to_string();
        let found = get(&json, "@pretty|@ugly").unwrap();
        prop_assert_eq!(found.text(), json.as_str());
    }
}
