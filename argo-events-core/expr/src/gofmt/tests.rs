use super::{
    Value::{Bool, Float, Int, Int64, List, Map, Nil},
    *,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn formatted(format: &str, values: &[Value]) -> String {
    let out = sprintf(format, values).expect("a short text");
    String::from_utf8_lossy(&out).into_owned()
}

fn text(content: &str) -> Value {
    Value::from(content)
}

#[test]
fn wrong_formats_show_what_is_wrong() {
    for (format, values, out) in [
        ("%d", vec![Float(1.5)], "%!d(float64=1.5)"),
        ("%d|%s", vec![text("a")], "%!d(string=a)|%!s(MISSING)"),
        ("x", vec![Float(1.0), Nil], "x%!(EXTRA float64=1, <nil>)"),
        ("%", vec![], "%!(NOVERB)"),
        ("%5.", vec![], "%!.(MISSING)"),
        ("%z", vec![Nil], "%!z(<nil>)"),
        ("%-5s|", vec![Float(1.0)], "%!s(float64=1    )|"),
        ("%*d", vec![Float(2.0), Int(1)], "%!(BADWIDTH)1"),
        ("%.*d", vec![Int(-2), Int(1)], "%!(BADPREC)1"),
        ("%[3]d", vec![Int(1)], "%!d(BADINDEX)"),
        ("%[2]3d", vec![Int(1), Int(2)], "%!d(BADINDEX)"),
        ("%99999999d", vec![Int(1)], "%!(NOVERB)%!(EXTRA int=1)"),
    ] {
        assert_eq!(formatted(format, &values), out, "{format}");
    }
}

#[test]
fn indexes_and_stars_choose_arguments() {
    assert_eq!(formatted("%[2]s %[1]s", &[text("a"), text("b")]), "b a");
    assert_eq!(formatted("%[2]*[1]d|", &[Int(7), Int(-3)]), "7  |");
    assert_eq!(formatted("%.*f", &[Int64(2), Float(1.0)]), "1.00");
}

#[test]
fn widths_and_flags_follow_go() {
    for (format, value, out) in [
        ("%05s|", text("é日"), "000é日|"),
        ("%-05d|", Int(-3), "-3   |"),
        ("%08.3d", Int(7), "     007"),
        ("%+05d", Int(7), "+0007"),
        ("%#x", text("hi"), "0x6869"),
        ("% #X", text("hi"), "0X68 0X69"),
        ("%#q", text("a\"b"), "`a\"b`"),
        ("%+q", text("é"), r#""\u00e9""#),
        ("%q", Int(0x65e5), "'日'"),
        ("%#U", Int(0x65e5), "U+65E5 '日'"),
        ("%O", Int(8), "0o10"),
        ("%.2s", text("日本語"), "日本"),
        ("%+08.2f", Float(2.71728), "+0002.72"),
        ("%#g", Float(1.5), "1.50000"),
        ("%x", Float(1.0), "0x1p+00"),
        ("%08v", Float(f64::INFINITY), "    +Inf"),
        ("%5t|", Bool(true), " true|"),
        ("%.0d|", Int(0), "|"),
    ] {
        assert_eq!(formatted(format, &[value]), out, "{format}");
    }
}

#[test]
fn lists_and_maps_pass_the_verb_on() {
    let map = BTreeMap::from([(b"b".to_vec(), Nil), (b"a".to_vec(), text("x"))]);
    let list = List(vec![Float(1.0), text("y"), Nil]);
    assert_eq!(
        formatted("%v %v", &[Map(map.clone()), list.clone()]),
        "map[a:x b:<nil>] [1 y <nil>]"
    );
    assert_eq!(
        formatted("%s", std::slice::from_ref(&list)),
        "[%!s(float64=1) y <nil>]"
    );
    assert_eq!(
        formatted("%#v", &[Map(map)]),
        r#"map[string]interface {}{"a":"x", "b":interface {}(nil)}"#
    );
    assert_eq!(
        formatted("%T %T", &[list, Int64(1)]),
        "[]interface {} int64"
    );
}

#[test]
fn values_are_joined_as_in_templates() {
    let values = [text("a"), Int(1), Int(2), Nil];
    assert_eq!(sprint(&values), Ok(b"a1 2 <nil>".to_vec()));
    assert_eq!(sprintln(&values), Ok(b"a 1 2 <nil>\n".to_vec()));
}

#[test]
fn long_results_are_refused() {
    assert_eq!(
        sprintf("%999999d".repeat(20), &vec![Int(1); 20]),
        Err(TooLarge)
    );
    assert_eq!(
        sprintf("%999999v", &[List(vec![Int(1); 1000])]),
        Err(TooLarge)
    );
}

#[test]
fn deep_values_are_cut() {
    let deep = (0..MAX_DEPTH + 10).fold(Nil, |inner, _| List(vec![inner]));
    let out = formatted("%d", &[deep]);
    assert_eq!(out.matches('[').count(), MAX_DEPTH + 1);
    assert!(out.contains("[...]"));
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Nil),
        any::<bool>().prop_map(Bool),
        any::<i64>().prop_map(Int64),
        proptest::num::f64::ANY.prop_map(Float),
        any::<Vec<u8>>().prop_map(Value::String),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        proptest::collection::vec(inner, 0..3).prop_map(List)
    })
}

proptest! {
    #[test]
    fn any_format_takes_any_values(
        format in "(%[-+# 0]{0,3}[0-9*]{0,2}(\\.[0-9*]?)?(\\[[0-9]\\]?)?[a-zA-Z%é]?){0,4}",
        values in proptest::collection::vec(values(), 0..4),
    ) {
        prop_assert!(sprintf(format, &values).is_ok());
    }
}
