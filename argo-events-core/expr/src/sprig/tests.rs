use super::*;
use crate::gotime::Time;
use crate::govalue::{Host, Limits, Run, Type};
use std::{collections::BTreeSet, rc::Rc};

/// A host that has everything.
#[derive(Debug)]
struct World;

impl Host for World {
    fn now(&self) -> Option<Time> {
        Some(Time::unix(1_700_000_000, 0))
    }

    fn variable(&self, name: &str) -> Option<String> {
        Some(name.to_lowercase())
    }

    fn address(&self, _name: &str) -> Option<String> {
        Some("192.0.2.1".to_owned())
    }

    fn random(&self) -> Option<u64> {
        Some(0x0123_4567_89ab_cdef)
    }
}

fn call_in(run: &mut Run, name: &str, arguments: &[Value]) -> Outcome {
    (find(name).unwrap().call)(run, arguments)
}

fn call(name: &str, arguments: &[Value]) -> Outcome {
    call_in(&mut Run::default(), name, arguments)
}

fn call_in_world(name: &str, arguments: &[Value]) -> Outcome {
    let mut run = Run::on(Rc::new(World), Limits::default());
    call_in(&mut run, name, arguments)
}

fn list(values: &[Value]) -> Value {
    values.to_vec().into()
}

#[test]
fn names_are_unique() {
    let count = GROUPS.iter().map(|group| group.len()).sum::<usize>();
    let names: BTreeSet<_> = functions().names().collect();
    assert_eq!(names.len(), count);
    assert_eq!(count, 211);
}

#[test]
fn the_world_is_off_unless_a_host_gives_it() {
    let off = [
        ("now", vec![]),
        ("env", vec!["HOME".into()]),
        ("expandenv", vec!["$HOME".into()]),
        ("getHostByName", vec!["localhost".into()]),
        ("uuidv4", vec![]),
        ("randAlpha", vec![Value::Int(3)]),
        ("shuffle", vec!["abc".into()]),
    ];
    for (name, arguments) in off {
        let failure = call(name, &arguments).unwrap_err();
        assert!(
            failure.to_string().contains("switched off"),
            "{name}: {failure}"
        );
        assert!(call_in_world(name, &arguments).is_ok(), "{name}");
    }
}

#[test]
fn variables_expand_as_in_a_shell() {
    let expanded = |text: &str| call_in_world("expandenv", &[text.into()]).unwrap();
    assert_eq!(expanded("a $HOME/${X}$"), Value::from("a home/x$"));
    assert_eq!(expanded("$$A ${}b ${c"), Value::from("$A b c"));
}

#[test]
fn identifiers_have_version_four() {
    let uuid = call_in_world("uuidv4", &[]).unwrap();
    assert_eq!(uuid, Value::from("01234567-89ab-4def-8123-456789abcdef"));
}

#[test]
fn what_was_encrypted_is_decrypted() {
    for plain in ["x", "sixteen bytes ok", "seventeen bytes ok"] {
        let encrypted = call_in_world("encryptAES", &["key".into(), plain.into()]).unwrap();
        assert_eq!(
            call("decryptAES", &["key".into(), encrypted]),
            Ok(plain.into())
        );
    }
}

#[test]
fn hashes_are_the_known_ones() {
    let hash = |name: &str| call(name, &["abc".into()]).unwrap();
    assert_eq!(
        hash("sha1sum"),
        "a9993e364706816aba3e25717850c26c9cd0d89d".into()
    );
    assert_eq!(hash("adler32sum"), "38600999".into());
}

#[test]
fn keys_and_certificates_are_not_made() {
    let failure = call("genCA", &["ca".into(), Value::Int(1)]).unwrap_err();
    assert!(
        failure.to_string().starts_with("not available"),
        "{failure}"
    );
}

#[test]
fn names_are_written_as_programs_write_them() {
    let cases = [
        ("snakecase", "HTTP20xOK NoHTTPS", "http_20x_ok_no_https"),
        ("kebabcase", "Bld4Floor3rd", "bld4-floor-3rd"),
        ("camelcase", "_complex__case_", "_Complex_Case_"),
        ("swapcase", "This Is A.Test", "tHIS iS a.tEST"),
        ("untitle", "Hello World", "hello world"),
        ("title", "it's o'neil", "It'S O'Neil"),
        ("upper", "straße ǆ", "STRAßE Ǆ"),
    ];
    for (name, plain, expected) in cases {
        assert_eq!(call(name, &[plain.into()]), Ok(expected.into()), "{name}");
    }
}

#[test]
fn results_are_paid_for_before_they_are_built() {
    let huge = Value::Int(1 << 40);
    let lines = Value::from("\n".repeat(1 << 16));
    let calls = [
        ("repeat", vec![huge.clone(), "ab".into()]),
        ("indent", vec![huge.clone(), "a".into()]),
        ("indent", vec![Value::Int(1 << 16), lines.clone()]),
        ("until", vec![huge.clone()]),
        (
            "untilStep",
            vec![Value::Int(i64::MIN), Value::Int(i64::MAX), Value::Int(1)],
        ),
        ("seq", vec![huge.clone()]),
        (
            "replace",
            vec!["\n".into(), "a".repeat(1 << 16).into(), lines.clone()],
        ),
        (
            "wrapWith",
            vec![
                Value::Int(1),
                "a".repeat(1 << 16).into(),
                "b".repeat(1 << 16).into(),
            ],
        ),
        (
            "regexReplaceAll",
            vec![
                ".".into(),
                "a".repeat(1 << 14).into(),
                "$0".repeat(1 << 14).into(),
            ],
        ),
        ("date", vec!["Monday".repeat(1 << 20).into(), Value::Int(0)]),
        ("randAlpha", vec![huge.clone()]),
        ("randBytes", vec![huge]),
    ];
    for (name, arguments) in calls {
        let failure = call_in_world(name, &arguments).unwrap_err();
        assert!(matches!(failure, Failure::Limit(_)), "{name}: {failure}");
    }
}

#[test]
fn sorting_long_texts_that_are_alike_costs_steps() {
    let long = Value::from("a".repeat(1 << 20));
    let texts = list(&vec![long; 1 << 12]);
    assert!(matches!(
        call("sortAlpha", &[texts]),
        Err(Failure::Limit(_))
    ));
}

#[test]
fn values_that_are_shared_often_are_not_walked_forever() {
    let (mut left, mut right) = (Value::Nil, Value::Nil);
    for _ in 0..60 {
        left = list(&[left.clone(), left]);
        right = list(&[right.clone(), right]);
    }
    for (name, arguments) in [
        ("deepEqual", vec![left.clone(), right.clone()]),
        ("uniq", vec![list(&[left.clone(), right])]),
        ("deepCopy", vec![left.clone()]),
        ("toJson", vec![left.clone()]),
    ] {
        assert!(
            matches!(call(name, &arguments), Err(Failure::Limit(_))),
            "{name}"
        );
    }
}

#[test]
fn maps_that_hold_themselves_end_in_an_error() {
    let mut run = Run::default();
    let map = call_in(&mut run, "dict", &[]).unwrap();
    call_in(&mut run, "set", &[map.clone(), "self".into(), map.clone()]).unwrap();
    for name in ["mustToJson", "deepCopy"] {
        assert!(
            call_in(&mut run, name, std::slice::from_ref(&map)).is_err(),
            "{name}"
        );
    }
    let other = call_in(&mut run, "dict", &[]).unwrap();
    call_in(
        &mut run,
        "set",
        &[other.clone(), "self".into(), other.clone()],
    )
    .unwrap();
    assert!(call_in(&mut run, "mergeOverwrite", &[map.clone(), other.clone()]).is_err());
    assert!(call_in(&mut run, "deepEqual", &[map, other]).is_err());
}

/// Gives some values that fit a type, the odd ones among them.
fn samples(wanted: Type) -> Vec<Value> {
    let texts = [
        "",
        "a",
        "-1",
        "0x1F",
        "é\u{1f980} b",
        "2024-03-04",
        "(",
        ".*",
        "\n",
        "%zz",
        "[::1",
    ];
    let mut texts: Vec<Value> = texts.map(Value::from).to_vec();
    texts.push(vec![0xff, b' ', 0xe9].into());
    let integers = [0, 1, -1, 3, 100, i64::MAX, i64::MIN];
    match wanted {
        Type::String => texts,
        Type::Int => integers.map(Value::Int).to_vec(),
        Type::Bool => vec![true.into(), false.into()],
        Type::Uint32 => vec![Value::Uint32(1)],
        Type::Float64 => vec![0.5.into(), f64::NAN.into()],
        Type::Time => vec![
            Value::Time(Time::default()),
            Value::Time(Time::unix(i64::MAX, 0)),
        ],
        Type::Map(_) => vec![Value::Nil, Value::map([("a", Value::from("b"))])],
        Type::Any => [
            integers.map(Value::Int64).to_vec(),
            texts[..4].to_vec(),
            vec![
                Value::Nil,
                Value::Float(1e300),
                Value::Float(f64::NEG_INFINITY),
                Value::Time(Time::default()),
                list(&[Value::Nil, 1.5.into(), "a".into()]),
                list(&[]),
                Value::map([("a", Value::Nil)]),
            ],
        ]
        .concat(),
        _ => vec![Value::Nil],
    }
}

#[test]
fn no_function_panics_on_odd_arguments() {
    const MOST: usize = 200;
    // It takes a tenth of a second, and its arguments are only hashed.
    let slow = ["derivePassword"];
    for function in GROUPS.iter().flat_map(|group| group.iter()) {
        if slow.contains(&function.name) {
            continue;
        }
        let count = function.parameters.len() + usize::from(function.is_variadic);
        let choices: Vec<Vec<Value>> = (0..count)
            .map(|place| samples(function.parameter(place).unwrap()))
            .collect();
        // Steps without a common divisor reach all combinations of few, and a spread of many.
        for number in 0..MOST {
            let pick = |(place, values): (usize, &Vec<Value>)| {
                values[number * (2 * place + 1) / (place + 1) % values.len()].clone()
            };
            let arguments: Vec<Value> = choices.iter().enumerate().map(pick).collect();
            let _ = call_in_world(function.name, &arguments);
        }
    }
}
