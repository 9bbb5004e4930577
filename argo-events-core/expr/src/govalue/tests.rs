use super::*;
use std::rc::{Rc, Weak};

const DOCUMENT: &str =
    r#"{"b": [1, {"c": "x\u00e9", "d": null}], "a": 1, "a": 2, "e": "plain", "f": 1e999}"#;

fn map(value: &Value) -> Map {
    match value {
        Value::Map(map) => map.clone(),
        other => panic!("{other:?} is no map"),
    }
}

#[test]
fn documents_read_lazily_are_as_if_read_at_once() {
    let lazy = Value::from_json(DOCUMENT);
    let shown = crate::gofmt::sprint(std::slice::from_ref(&lazy)).unwrap();
    assert_eq!(
        String::from_utf8(shown).unwrap(),
        "map[a:1 b:[1 map[c:xé d:<nil>]] e:plain f:+Inf]"
    );
    let eager = Value::from(crate::gjson::Found::parse(DOCUMENT).to_value().unwrap());
    assert_eq!(lazy, eager);
    assert_eq!(lazy.type_name(), "map[string]interface {}");
}

#[test]
fn texts_of_a_document_are_pieces_of_it() {
    let document = Text::from(DOCUMENT);
    let members = map(&Value::from_json(document.clone()));
    let Some(Value::String(text)) = members.get(b"e") else {
        panic!("a text");
    };
    assert!(document.as_ptr_range().contains(&text.as_ptr()));
}

#[test]
fn all_who_hold_a_map_see_its_changes() {
    let value = Value::map([("a", Value::from(1.0))]);
    let alias = value.clone();
    map(&value).insert("b", Value::from("new"));
    assert_eq!(map(&alias).get(b"b"), Some(Value::from("new")));
    map(&alias).remove(b"a");
    assert_eq!(map(&value).names(), [Text::from("b")]);
}

#[test]
fn a_map_that_holds_itself_is_freed_after_the_run() {
    let mut run = Run::default();
    let held: Rc<str> = "held".into();
    let watch: Weak<str> = Rc::downgrade(&held);
    let own = Map::default();
    run.set(&own, "self".into(), own.clone().into()).unwrap();
    own.insert("held", Value::Error(held));
    drop(own);
    assert!(watch.upgrade().is_some());
    drop(run);
    assert!(watch.upgrade().is_none());
}

#[test]
fn values_nest_as_deep_as_they_like() {
    let deep = |leaf: Value| (0..200_000).fold(leaf, |inner, _| vec![inner].into());
    let in_maps = |leaf| (0..200_000).fold(leaf, |inner, _| Value::map([("a", inner)]));
    let (one, other) = (deep(Value::Nil), deep(Value::Bool(true)));
    assert_ne!(one, other);
    drop(in_maps(one));
}

#[test]
fn comparing_ends_even_if_lists_share_their_elements() {
    let doubled = || (0..60).fold(Value::Nil, |inner, _| vec![inner.clone(), inner].into());
    assert_ne!(doubled(), doubled());
}

#[test]
fn runs_count_steps_and_memory() {
    let mut run = Run::new(Limits {
        steps: 2,
        memory: 10,
    });
    assert_eq!(run.step(2), Ok(()));
    assert_eq!(run.step(1), Err(Failure::Limit("steps")));
    assert_eq!(run.charge(10), Ok(()));
    assert_eq!(
        run.charge_elements(usize::MAX),
        Err(Failure::Limit("memory"))
    );
}

#[test]
fn types_print_as_in_go() {
    let names = [
        (Value::Nil, "<nil>"),
        (List::strings(["a"]).into(), "[]string"),
        (List::typed(Type::ANYS, vec![]).into(), "[][]interface {}"),
        (Value::Uint8(1), "uint8"),
        (Value::error("no"), "*errors.errorString"),
        (Value::Complex(1.0, 0.0), "complex128"),
    ];
    for (value, name) in names {
        let shown = crate::gofmt::sprintf("%T", &[value]).unwrap();
        assert_eq!(String::from_utf8(shown).unwrap(), name);
    }
    let values = [
        List::strings(["a", "b"]).into(),
        Value::Uint8(255),
        Value::error("no"),
    ];
    let shown = crate::gofmt::sprintf("%v %#v %s", &values).unwrap();
    assert_eq!(String::from_utf8(shown).unwrap(), "[a b] 0xff no");
}
