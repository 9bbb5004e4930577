//! One function per target; each also holds what must be true of any answer.
//!
//! An input is a program and, behind the first NUL byte, the document that it runs on.

use argo_events_expr::language::{Input, Language, Limits};
use argo_events_expr::{condition, cron, duration, gjson, gofmt, gojson, gostrconv, re2, sjson};

/// A target: what it is called, and how it runs an input.
type Target = (&'static str, fn(&[u8]));

/// All targets.
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "a fuzzing binary runs one target only")
)]
pub(crate) const TARGETS: &[Target] = &[
    ("condition", condition),
    ("cron", cron),
    ("duration", duration),
    ("expr", expr),
    ("gjson", gjson),
    ("gofmt", gofmt),
    ("gojson", gojson),
    ("gostrconv", gostrconv),
    ("gotemplate", gotemplate),
    ("govaluate", govaluate),
    ("jq", jq),
    ("lua", lua),
    ("re2", re2),
    ("sjson", sjson),
];

/// Takes an input apart.
fn split(input: &[u8]) -> (&[u8], &[u8]) {
    match input.iter().position(|byte| *byte == 0) {
        Some(end) => (&input[..end], &input[end + 1..]),
        None => (input, b""),
    }
}

pub(crate) fn condition(input: &[u8]) {
    let (text, present) = split(input);
    let Ok(text) = str::from_utf8(text) else {
        return;
    };
    let Ok(condition) = condition::Condition::parse(text, &["a", "b-1", "c", "d_2"]) else {
        return;
    };
    let mut met = condition::BitSet::default();
    for place in present.iter().map(|byte| usize::from(*byte) % 4) {
        let before = condition.holds(&met);
        met.insert(place);
        assert!(
            !before || condition.holds(&met),
            "a condition has no negation"
        );
    }
}

pub(crate) fn cron(input: &[u8]) {
    let (text, _) = split(input);
    let Ok(text) = str::from_utf8(text) else {
        return;
    };
    let Ok(schedule) = cron::Schedule::parse(text, &cron::Zone::utc()) else {
        return;
    };
    let start = "2024-02-28T23:59:30Z".parse().expect("this is a time");
    if let Some(next) = schedule.next(start) {
        assert!(next > start && schedule.matches(next));
    }
    if let Some(previous) = schedule.previous(start) {
        assert!(previous < start);
    }
}

pub(crate) fn duration(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else {
        return;
    };
    if let Ok(nanoseconds) = duration::parse(text) {
        assert_eq!(
            duration::parse(&duration::format(nanoseconds)),
            Ok(nanoseconds)
        );
    }
}

pub(crate) fn gjson(input: &[u8]) {
    let (path, json) = split(input);
    let Ok(path) = gjson::Path::parse(path) else {
        return;
    };
    let found = path.get(json);
    let _ = (found.text(), found.as_bool(), found.as_f64(), found.raw());
    let _ = (found.entries().take(1_000).count(), gjson::valid(json));
}

pub(crate) fn gofmt(input: &[u8]) {
    let (format, arguments) = split(input);
    let Ok(gojson::Value::Array(values)) = gojson::decode(arguments) else {
        return;
    };
    let values: Vec<_> = values.into_iter().map(gofmt::Value::from).collect();
    if let Ok(text) = gofmt::sprintf(format, &values) {
        assert!(text.len() <= gofmt::MAX_OUTPUT_BYTES);
    }
    let _ = gofmt::sprintln(&values);
}

pub(crate) fn gojson(input: &[u8]) {
    let valid = gojson::valid(input);
    let Ok(value) = gojson::decode(input) else {
        return;
    };
    assert!(valid, "only what is valid decodes");
    let text = gojson::encode(&value).expect("decoded numbers are finite");
    assert_eq!(gojson::decode(&text).as_ref(), Ok(&value));
    let _ = (
        gojson::compact(input),
        gojson::indent(input, "  "),
        gojson::recode(input),
    );
}

pub(crate) fn gostrconv(input: &[u8]) {
    let _ = (
        gostrconv::parse_bool(input),
        gostrconv::parse_int(input, 0),
        gostrconv::parse_uint(input, 0),
    );
    if let Ok(number) = gostrconv::parse_float(input) {
        let text = gostrconv::format_float(number, gostrconv::FloatFormat::General, None);
        let again = gostrconv::parse_float(&text).expect("what was written can be read");
        assert!(again == number || (again.is_nan() && number.is_nan()));
    }
    assert!(gostrconv::quote_ascii(input).is_ascii());
    let _ = (gostrconv::quote(input), gostrconv::can_backquote(input));
}

pub(crate) fn re2(input: &[u8]) {
    let (pattern, text) = split(input);
    let Ok(regex) = re2::Regex::new(pattern) else {
        return;
    };
    let found = regex.find(text);
    assert_eq!(found.is_some(), regex.is_match(text));
    for range in regex.find_all(text) {
        assert!(range.start <= range.end && range.end <= text.len());
    }
    let _ = (
        regex.captures(text),
        regex.split(text, None),
        regex.replace_all(text, b"$0-$1"),
    );
}

pub(crate) fn sjson(input: &[u8]) {
    let (path, json) = split(input);
    // In a document that is one text, the reference writes into that text.
    let begins = json.trim_ascii_start().first();
    let valid = gjson::valid(json) && matches!(begins, Some(b'{' | b'['));
    if let Ok(document) = sjson::set_string(json, path, "value") {
        assert!(
            !valid || gjson::valid(&document),
            "a valid document stays valid"
        );
    }
    let _ = (
        sjson::delete(json, path),
        sjson::set_raw(json, path, b"[1]"),
    );
}

/// Compiles a text; a mistake is within it. Runs the program, bounded by the usual limits.
fn language(language: Language, input: &[u8]) {
    let (text, document) = split(input);
    let Ok(text) = str::from_utf8(text) else {
        return;
    };
    match language.compile(text, &Limits::default()) {
        Ok(program) => drop(program.run(Input::Json(document))),
        Err(mistake) => assert!(mistake.line() >= 1 && mistake.column() >= 1, "{mistake}"),
    }
}

pub(crate) fn gotemplate(input: &[u8]) {
    language(Language::Template, input);
}

pub(crate) fn govaluate(input: &[u8]) {
    language(Language::FilterExpression, input);
}

pub(crate) fn expr(input: &[u8]) {
    language(Language::SourceExpression, input);
}

pub(crate) fn lua(input: &[u8]) {
    language(Language::Lua, input);
}

pub(crate) fn jq(input: &[u8]) {
    language(Language::Jq, input);
}
