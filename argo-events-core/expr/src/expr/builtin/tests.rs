//! What the functions promise beside the values of the vectors.

use super::super::{Program, Refusal};
use crate::{
    gotime::{Location, Time},
    govalue::{Host, Value},
};
use std::rc::Rc;

fn holds(source: &str) -> bool {
    Program::new(source).unwrap().holds("{}").unwrap()
}

#[test]
fn a_trim_cuts_wide_characters_at_both_ends() {
    for source in [
        "trim('\u{3000}x\u{3000}') == 'x'",
        "trim('\u{a0}\u{2003} x\u{2003}\u{a0}\t') == 'x'",
        "trim('\u{3000}\u{2028}') == ''",
        "trim('éxé', 'é') == 'x'",
        "trim('xé', 'é') == 'x'",
        "trim('-😀é-x-é😀-', '-é😀') == 'x'",
        "trim('éxà', 'é') == 'xà'",
        "trim('xé', '') == 'xé'",
    ] {
        assert!(holds(source), "{source}");
    }
}

#[test]
fn a_trim_takes_a_stray_byte_for_a_replacement_character() {
    // These are the bytes 80 78 80, and c3 a9 c3.
    assert!(holds("trim(fromBase64('gHiA'), '\u{fffd}') == 'x'"));
    assert!(holds("trim(fromBase64('w6nD'), '\u{fffd}') == 'é'"));
    assert!(holds("trim(fromBase64('gHiA')) == fromBase64('gHiA')"));
}

#[test]
fn broken_base64_has_its_place_as_go_counts_it() {
    for (text, place) in [
        ("YWJj\\n!", 5),
        ("YWJj\\nYQ", 5),
        ("YWJjYQ", 4),
        ("Y=", 1),
        ("YQ=", 3),
        ("YQ=x", 2),
        ("YQ==x", 4),
    ] {
        let program = Program::new(&format!("fromBase64('{text}') == ''")).unwrap();
        let Err(Refusal::Evaluation { error, .. }) = program.holds("{}") else {
            panic!("{text:?} is broken");
        };
        let wanted = format!("illegal base64 data at input byte {place}");
        assert!(error.message().contains(&wanted), "{text:?}: {error}");
    }
    assert!(holds(
        "fromBase64('YQ=\\n=\\r\\n') == 'a' && toBase64('a') == 'YQ=='"
    ));
}

#[test]
fn the_present_is_local_whatever_the_host_makes_of_it() {
    #[derive(Debug)]
    struct Greenwich;
    impl Host for Greenwich {
        fn now(&self) -> Option<Time> {
            Some(Time::unix(0, 0).utc())
        }
    }
    let now = Program::new("now()").unwrap();
    let Ok(Value::Time(now)) = now.evaluate_on("{}", Rc::new(Greenwich)) else {
        panic!("a time is expected");
    };
    assert_eq!(now.location(), &Location::Local);
}
