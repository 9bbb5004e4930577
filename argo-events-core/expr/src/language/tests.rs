//! Promises of the door, whatever the languages behind it.

use super::{Input, Language, Limits, Mistake};

#[test]
fn a_place_is_given_in_lines_and_characters() {
    let text = "größe >\n  maß = 1";
    let mistake = Mistake::new("x").at(text, text.find('=').unwrap(), 1);
    assert_eq!((mistake.line(), mistake.column()), (2, 7));
    let same = Mistake::new("x").at_line(text, 2, 7);
    assert_eq!(same.range().start, mistake.range().start);
    let beyond = Mistake::new("x").at(text, 1000, 5);
    assert_eq!(beyond.range(), text.len()..text.len());
    assert_eq!(Mistake::new("x").at("ß", 1, 9).range(), 0..2);
}

#[test]
fn a_language_that_is_left_out_says_which_feature_has_it() {
    for language in Language::ALL {
        let mistake = language.left_out();
        assert!(
            mistake.message().starts_with("this build runs no"),
            "{mistake}"
        );
        assert!(mistake.help().is_some_and(|help| help.contains("feature")));
        if !language.is_built_in() {
            let compiled = language.compile("1", &Limits::default());
            assert_eq!(compiled.unwrap_err(), mistake);
        }
    }
}

#[test]
fn templates_that_are_left_out_name_both_features() {
    let mistake = Language::Template.left_out();
    let wanted = "expected a build with the features `gotemplate` and `sprig`";
    assert_eq!(mistake.help(), Some(wanted));
}

#[test]
fn an_input_of_another_kind_is_an_error() {
    let program = Language::Path.compile("a", &Limits::default()).unwrap();
    assert!(program.run(Input::Text(b"a")).is_err());
}

#[test]
#[cfg(feature = "govaluate")]
fn names_of_an_expression_are_bound_by_place() {
    use super::Output;
    use crate::gjson::Found;
    let limits = Limits::default();
    let program = Language::FilterExpression
        .compile("b + a", &limits)
        .unwrap();
    assert_eq!(program.variables(), ["b", "a"]);
    let fields = [Found::parse("1"), Found::parse("\"x\"")];
    let output = program.run(Input::Fields(&fields));
    assert_eq!(output, Ok(Output::Text(b"1x".into())));
    let input = Input::Json(br#"{"a": [1], "b": "b"}"#);
    assert_eq!(program.run(input), Ok(Output::Text(b"b[1]".into())));
    let unbound = program.run(Input::Fields(&fields[..1])).unwrap_err();
    assert_eq!(unbound.to_string(), "No parameter 'a' found.");
}

#[test]
#[cfg(feature = "govaluate")]
fn more_names_than_few_are_bound_too() {
    let limits = Limits::default();
    let text = "a + b + c + d + e + f";
    let program = Language::FilterExpression.compile(text, &limits).unwrap();
    let input = Input::Json(br#"{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6}"#);
    assert_eq!(program.run(input).unwrap().text(), "21");
}

#[test]
#[cfg(all(feature = "gotemplate", feature = "sprig"))]
fn a_template_sees_its_input_as_a_text_or_a_document() {
    let run = |text, input| {
        let template = Language::Template.compile(text, &Limits::default());
        template.unwrap().run(input).unwrap().text().into_owned()
    };
    assert_eq!(
        run("{{ .Input.n }}", Input::Json(br#"{"n": 1000000}"#)),
        "1e+06"
    );
    assert_eq!(run("{{ .Input | upper }}", Input::Text(b"a")), "A");
}

#[test]
#[cfg(all(feature = "gotemplate", feature = "sprig"))]
fn a_template_has_a_time_only_where_the_world_has_one() {
    use super::World;
    use std::time::{Duration, SystemTime};
    struct Noon;
    impl World for Noon {
        fn now(&self) -> Option<SystemTime> {
            Some(SystemTime::UNIX_EPOCH + Duration::from_secs(43_200))
        }
    }
    let template = Language::Template.compile("{{ now | date \"15:04\" }}", &Limits::default());
    let template = template.unwrap();
    assert!(template.run(Input::Text(b"")).is_err());
    let noon = template.run_in(Input::Text(b""), &Noon).unwrap();
    assert_eq!(noon.text(), "12:00");
}

#[test]
#[cfg(all(feature = "gotemplate", feature = "sprig"))]
fn a_mistake_in_a_template_has_its_place_within_it() {
    let text = "{{ if .Input }}\nx {{ upperr .Input }}{{ end }}";
    let mistake = Language::Template
        .compile(text, &Limits::default())
        .unwrap_err();
    assert_eq!((mistake.line(), mistake.column()), (2, 6));
    assert!(mistake.help().unwrap().contains("upper"));
}

#[test]
#[cfg(feature = "lua")]
fn a_script_judges_a_document_and_makes_another() {
    let script = Language::Lua.compile("event.n = 2 return event", &Limits::default());
    let made = script.unwrap().reshape_in(br#"{"n":1}"#, &super::Nowhere);
    assert_eq!(made.unwrap(), br#"{"n":2}"#);
    let script = Language::Lua.compile("return event.n == 1", &Limits::default());
    assert!(
        script
            .unwrap()
            .run(Input::Json(br#"{"n":1}"#))
            .unwrap()
            .is_true()
    );
    let mistake = Language::Lua.compile("local a = 1\nreturn (", &Limits::default());
    assert_eq!(mistake.unwrap_err().line(), 2);
}

#[test]
#[cfg(feature = "jq")]
fn a_jq_program_makes_another_document() {
    let program = Language::Jq.compile(".n += 1", &Limits::default());
    let made = program.unwrap().reshape_in(br#"{"n":1}"#, &super::Nowhere);
    assert_eq!(made.unwrap(), br#"{"n":2}"#);
    let mistake = Language::Jq
        .compile(".a\n| lenght", &Limits::default())
        .unwrap_err();
    assert_eq!((mistake.line(), mistake.column()), (2, 3));
    assert!(mistake.help().is_some_and(|help| help.contains("length")));
}

#[test]
#[cfg(feature = "expr")]
fn an_expression_of_a_source_judges_a_document() {
    let compiled = Language::SourceExpression.compile("n > 1", &Limits::default());
    assert!(
        compiled
            .unwrap()
            .run(Input::Json(br#"{"n":2}"#))
            .unwrap()
            .is_true()
    );
    let mistake = Language::SourceExpression.compile("n > 1 &&\n m = 2", &Limits::default());
    assert_eq!(mistake.unwrap_err().line(), 2);
}

#[test]
#[cfg(all(feature = "jq", feature = "lua"))]
fn scripts_and_jq_programs_have_the_time_of_their_world() {
    use super::World;
    use std::time::{Duration, SystemTime};
    struct Noon;
    impl World for Noon {
        fn now(&self) -> Option<SystemTime> {
            Some(SystemTime::UNIX_EPOCH + Duration::from_secs(43_200))
        }
    }
    for (language, text) in [
        (Language::Lua, "return {n = os.time()}"),
        (Language::Jq, "{n: now}"),
    ] {
        let program = language.compile(text, &Limits::default()).unwrap();
        let made = program.reshape_in(b"{}", &Noon).unwrap();
        assert_eq!(made, br#"{"n":43200}"#, "{language:?}");
        assert!(program.reshape_in(b"{}", &super::Nowhere).is_ok());
    }
}
