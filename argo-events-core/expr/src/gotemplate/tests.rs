use super::*;
use crate::govalue::{Function, List, Type, Value};
use proptest::prelude::*;

const FUNCTIONS: &[Function] = &[
    Function::new("upper", &[Type::String], |_, values| match values {
        [Value::String(text)] => Ok(text.to_ascii_uppercase().into()),
        _ => Err("upper takes a text".into()),
    }),
    Function::variadic("list", &[Type::Any], |_, values| {
        Ok(List::new(values.to_vec()).into())
    }),
    Function::variadic("sum", &[Type::Int, Type::Int], |_, values| {
        let sum = values.iter().filter_map(Value::as_integer).sum::<i128>();
        Ok(Value::Int(sum as i64))
    }),
    Function::new("fail", &[Type::String], |_, values| match values {
        [Value::String(text)] => Err(text.to_string().into()),
        _ => Err("fail takes a text".into()),
    }),
    Function::new("when", &[], |_, _| {
        Ok(Value::Time(crate::gotime::Time::unix(1_700_000_000, 5)))
    }),
];

const INPUT: &str = r#"{"n": 7, "s": "text", "l": [1, "a", null], "m": {"b": 1, "a": {"c": "deep"}},
    "nul": null, "t": true}"#;

fn functions() -> Functions {
    Functions::default().with(FUNCTIONS)
}

fn compiled(text: &str) -> Template {
    Template::compile("t", text, &functions()).unwrap()
}

/// Renders a template, or gives its message.
fn rendered(text: &str) -> String {
    let template = match Template::compile("t", text, &functions()) {
        Ok(template) => template,
        Err(error) => return error.message().to_owned(),
    };
    match template.render(Value::map([("Input", Value::from_json(INPUT))])) {
        Ok(out) => String::from_utf8(out).unwrap(),
        Err(error) => error.message().to_owned(),
    }
}

/// Checks pairs of a template and what it gives.
fn check(table: &[(&str, &str)]) {
    for (text, wanted) in table {
        assert_eq!(rendered(text), *wanted, "{text}");
    }
}

/// Checks pairs of a template and the end of its message, which begins with the name and `at`.
fn check_failures(table: &[(&str, &str)]) {
    for (text, wanted) in table {
        let message = rendered(text);
        let end = message.strip_prefix("template: t:").unwrap_or(&message);
        assert_eq!(end, *wanted, "{text}");
    }
}

#[test]
fn values_print_as_in_go() {
    check(&[
        (
            "{{ .Input.n }} {{ .Input.m }} {{ .Input.l }}",
            "7 map[a:map[c:deep] b:1] [1 a <nil>]",
        ),
        (
            "{{ .Input.nul }} {{ .Input.no }} {{ .Input.no.no }}",
            "<no value> <no value> <no value>",
        ),
        ("{{ print nil .Input.nul .Input.no }}", "<nil> <nil> <nil>"),
        (
            "{{ 1e3 }} {{ 1_000 }} {{ 0x_1F }} {{ 'a' }} {{ 1+2i }} {{ 1e6 }}",
            "1000 1000 31 97 (1+2i) 1e+06",
        ),
        (
            "{{ when }} {{ when.Month }} {{ when.Unix }}",
            "2023-11-14 22:13:20.000000005 +0000 UTC November 1700000000",
        ),
        (
            r#"{{ when.Format "06" | printf "%T %[1]v" }} {{ (when.Sub when).Hours }}"#,
            "string 23 0",
        ),
        (
            r#"{{ printf "%d %s %v" when.Month when.Month when.UTC.Location }}"#,
            "11 November UTC",
        ),
        (r#"{{ "\x41\101\u00e9\t" }}{{ `raw\n` }}"#, "AAé\traw\\n"),
    ]);
}

#[test]
fn markers_trim_blanks() {
    check(&[
        ("a \n{{- 1 -}}\n b", "a1b"),
        ("a {{- /* gone */ -}} b", "ab"),
        ("a {{/* gone */}} b", "a  b"),
        ("{{-3}}{{- 3 }}{{ 3 -}} {{ -3 }}", "-333-3"),
        ("{{ 1\n-}} x", "1x"),
    ]);
}

#[test]
fn variables_live_until_the_end_of_what_encloses_them() {
    check(&[
        (
            "{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ $x := 3 }}{{ end }}{{ $x }}",
            "2",
        ),
        (
            "{{ range $i, $e := .Input.l }}{{ $i }}{{ $e }} {{ end }}",
            "01 1a 2<no value> ",
        ),
        (
            "{{ $i := 9 }}{{ range $i = list 1 2 }}{{ end }}{{ $i }}",
            "2",
        ),
        (
            "{{ with $x := .Input.m }}{{ $x.b }}{{ .a.c }}{{ end }}",
            "1deep",
        ),
    ]);
    assert!(rendered("{{ $x = 1 }}").ends_with("undefined variable: $x"));
}

#[test]
fn ranges_break_continue_and_have_an_else() {
    check(&[
        (
            "{{ range 3 }}{{ . }}{{ if eq . 1 }}{{ break }}{{ end }}{{ end }}",
            "01",
        ),
        (
            "{{ range list 1 2 3 }}{{ if eq . 2 }}{{ continue }}{{ end }}{{ . }}{{ end }}",
            "13",
        ),
        ("{{ range .Input.no }}a{{ else }}none{{ end }}", "none"),
        ("{{ with 0 }}a{{ else with 2 }}{{ . }}{{ end }}", "2"),
    ]);
}

#[test]
fn templates_call_each_other() {
    check(&[
        (
            r#"{{ define "d" }}[{{ . }}]{{ end }}{{ template "d" 1 }}{{ template "d" }}"#,
            "[1][<no value>]",
        ),
        (
            r#"{{ block "b" .Input.n }}<{{ . }}>{{ end }}{{ template "b" 2 }}"#,
            "<7><2>",
        ),
        (
            r#"{{ define "r" }}{{ if . }}{{ . }}{{ template "r" (sum . -1) }}{{ end }}{{ end }}{{ template "r" 3 }}"#,
            "321",
        ),
        // A definition of the template's own name stands in for an empty body.
        (r#"{{ define "t" }}own{{ end }}"#, "own"),
    ]);
}

#[test]
fn comparisons_know_kinds() {
    check(&[
        (
            "{{ eq 1 2 1 }} {{ ne 1 2 }} {{ lt 1.0 2.5 }} {{ ge \"b\" \"a\" }}",
            "true true true true",
        ),
        (
            "{{ eq .Input.nul nil }} {{ eq .Input.no nil }} {{ eq nil 1 }}",
            "true true false",
        ),
        (
            "{{ eq (index \"a\" 0) 97 }} {{ lt -1 (index \"a\" 0) }}",
            "true true",
        ),
        (
            "{{ and 1 0 (fail \"x\") }} {{ or 0 2 (fail \"x\") }} {{ not 1 }}",
            "0 2 false",
        ),
    ]);
    check_failures(&[
        (
            "{{ eq .Input.n 7 }}",
            r#"1:3: executing "t" at <eq .Input.n 7>: error calling eq: incompatible types for comparison: float64 and int"#,
        ),
        (
            "{{ lt .Input.l 1 }}",
            r#"1:3: executing "t" at <lt .Input.l 1>: error calling lt: invalid type for comparison"#,
        ),
        (
            "{{ eq (list 1) (list 1) }}",
            r#"1:3: executing "t" at <eq (list 1) (list 1)>: error calling eq: non-comparable type [%!s(int=1)]: []interface {}"#,
        ),
    ]);
}

#[test]
fn messages_tell_the_place() {
    check_failures(&[
        (
            "a\n  {{ .Input.s.x }}",
            r#"2:11: executing "t" at <.Input.s.x>: can't evaluate field x in type interface {}"#,
        ),
        (
            "{{ upper 1 }}",
            r#"1:9: executing "t" at <1>: expected string; found 1"#,
        ),
        (
            "{{ upper .Input.n }}",
            r#"1:15: executing "t" at <.Input.n>: wrong type for value; expected string; got float64"#,
        ),
        (
            "{{ .Input.n | upper }}",
            r#"1:14: executing "t" at <upper>: wrong type for value; expected string; got float64"#,
        ),
        (
            "{{ upper }}",
            r#"1:3: executing "t" at <upper>: wrong number of args for upper: want 1 got 0"#,
        ),
        (
            "{{ sum }}",
            r#"1:3: executing "t" at <sum>: wrong number of args for sum: want at least 1 got 0"#,
        ),
        (
            "{{ range .Input.s }}{{ end }}",
            r#"1:15: executing "t" at <.Input.s>: range can't iterate over text"#,
        ),
        (
            r#"{{ define "d" }}{{ fail "no" }}{{ end }}{{ template "d" }}"#,
            r#"1:19: executing "d" at <fail "no">: error calling fail: no"#,
        ),
        (
            "{{ when.Date }}",
            r#"1:3: executing "t" at <when>: can't call method/function "Date" with 3 results"#,
        ),
        ("{{ if true }}\n{{ end", "2: unclosed action"),
        ("{{ if true }}", "1: unexpected EOF"),
        (
            "{{ block \"b\" 1 }}\n\n{{ else }}{{ end }}",
            "1: unexpected {{else}} in block clause",
        ),
        (
            "{{ define \"b\" }}\n\n{{ else }}{{ end }}",
            "3: unexpected {{else}} in define clause",
        ),
        ("{{ 'ab' }}", "1: malformed character constant: 'ab'"),
        ("{{ '' }}", "1: invalid syntax"),
        ("\n{{ (1 }}", "2: unclosed left paren"),
        ("{{ \n 1 | \n @ }}", "3: unexpected \"@\" in command"),
        (
            "{{ \n\n\"a }}",
            "3: unterminated quoted string in action started at t:1",
        ),
    ]);
}

#[test]
fn a_mistake_comes_with_what_is_meant() {
    let error = Template::compile("t", "\n {{ uper .x }}", &functions()).unwrap_err();
    assert_eq!(
        (
            error.place().line,
            error.place().column,
            error.place().offset
        ),
        (2, 5, 5)
    );
    assert_eq!(error.hint(), Some("did you mean \"upper\"?"));
    let error = Template::compile("t", "{{ $name := 1 }}{{ $nmae }}", &functions()).unwrap_err();
    assert_eq!(error.hint(), Some("did you mean $name?"));
}

#[test]
fn functions_given_replace_the_ones_known() {
    const LEN: Function = Function::new("len", &[Type::Any], |_, _| Ok("own".into()));
    let functions = Functions::default().with(&[LEN]);
    let template = Template::compile("t", "{{ len nil }}", &functions).unwrap();
    assert_eq!(template.render(Value::Nil).unwrap(), b"own");
}

#[test]
fn templates_cross_threads() {
    let template = compiled("{{ . }}");
    let rendered = std::thread::spawn(move || template.render(Value::from(1.5)).unwrap());
    assert_eq!(rendered.join().unwrap(), b"1.5");
}

/// Renders a template, which must end at a limit, and gives the message.
fn stopped(text: &str, limits: Limits) -> String {
    let template = Template::compile_within("t", text, &functions(), limits).unwrap();
    let error = template.render(Value::Nil).unwrap_err();
    assert!(error.is_limit(), "{error}");
    error.message().to_owned()
}

#[test]
fn a_doubled_string_ends_at_the_limit_of_memory() {
    let text = r#"{{ $x := "abcdefgh" }}{{ range 100 }}{{ $x = print $x $x }}{{ end }}"#;
    let limits = Limits {
        memory: 1 << 20,
        ..Limits::default()
    };
    assert!(stopped(text, limits).contains("memory"));
}

#[test]
fn nested_lists_end_at_a_limit_and_are_freed() {
    let text = "{{ $x := list 1 }}{{ range 50000 }}{{ $x = list $x }}{{ end }}{{ len $x }}";
    assert_eq!(compiled(text).render(Value::Nil).unwrap(), b"1");
    let text = "{{ $x := list 1 }}{{ range 100 }}{{ $x = list $x $x }}{{ end }}{{ $x }}";
    assert!(compiled(text).render(Value::Nil).is_err());
    let text = "{{ $x := list 1 }}{{ range 5000 }}{{ $x = list $x }}{{ end }}{{ $x }}";
    assert!(compiled(text).render(Value::Nil).unwrap().len() < 20_000);
}

#[test]
fn an_endless_loop_ends_at_the_limit_of_steps() {
    assert!(stopped("{{ range 1000000000000 }}{{ end }}", Limits::default()).contains("steps"));
    let nested = "{{ range 100000 }}{{ range 100000 }}{{ end }}{{ end }}";
    assert!(stopped(nested, Limits::default()).contains("steps"));
}

#[test]
fn reading_long_texts_again_and_again_counts_as_steps() {
    let text = r#"{{ $x := printf "%99999d" 1 }}{{ range 100000 }}{{ $y := eq $x "a" }}{{ end }}"#;
    assert!(stopped(text, Limits::default()).contains("steps"));
}

#[test]
fn output_is_limited() {
    let limits = Limits {
        output: 100,
        ..Limits::default()
    };
    assert!(stopped("{{ range 30 }}four{{ end }}", limits).contains("100 bytes"));
    assert!(
        stopped(
            "{{ printf \"%999999d\" 1 }}{{ printf \"%9999999d\" 1 }}",
            limits
        )
        .contains("100 bytes")
    );
}

#[test]
fn a_template_that_calls_itself_ends_at_the_limit_of_depth() {
    let plain = r#"{{ define "r" }}{{ template "r" . }}{{ end }}{{ template "r" }}"#;
    assert!(stopped(plain, Limits::default()).contains("depth (500)"));
    let (open, close) = (
        "{{ if (print (or (upper \"x\"))) }}".repeat(60),
        "{{ end }}".repeat(60),
    );
    let heavy = format!(
        r#"{{{{ define "r" }}}}{open}{{{{ template "r" . }}}}{close}{{{{ end }}}}{{{{ template "r" }}}}"#
    );
    assert!(stopped(&heavy, Limits::default()).contains("depth (500)"));
}

#[test]
fn nesting_is_limited() {
    for (open, close) in [
        ("{{ if 1 }}", "{{ end }}"),
        ("{{ with 1 }}{{ else }}", "{{ end }}"),
        ("{{ if 1 }}{{ else if 1 }}", "{{ end }}"),
    ] {
        let deepest = [open.repeat(45), close.repeat(45)].concat();
        compiled(&deepest).render(Value::Nil).unwrap();
        let error = Template::compile("t", open.repeat(20_000), &functions()).unwrap_err();
        assert!(
            error
                .message()
                .ends_with("more than 100 levels inside each other"),
            "{error}"
        );
    }
    let parentheses =
        |depth: usize| format!("{{{{ {}1{} }}}}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(
        compiled(&parentheses(100)).render(Value::Nil).unwrap(),
        b"1"
    );
    assert!(Template::compile("t", parentheses(500_000), &functions()).is_err());
    let lists = format!("{{{{ {}1{} }}}}", "(list ".repeat(100), ")".repeat(100));
    compiled(&lists).render(Value::Nil).unwrap();
}

#[test]
fn text_is_limited() {
    let error = Template::compile("t", " ".repeat((1 << 20) + 1), &functions()).unwrap_err();
    assert_eq!(
        error.message(),
        "template: t:1: text is longer than 1048576 bytes"
    );
}

#[test]
fn an_index_of_a_billion_is_out_of_range() {
    assert!(
        rendered("{{ index .Input.l 1000000000 }}").ends_with("index out of range: 1000000000")
    );
    assert!(rendered("{{ index .Input.l -1 }}").ends_with("index out of range: -1"));
}

proptest! {
    #[test]
    fn no_text_panics(text in r#"(\{\{(- )?|( -)?\}\}|if|end|range|else|with|define|template|block|[ .$"`'()|:=,a-z0-9\n-]|\PC){0,40}"#) {
        if let Ok(template) = Template::compile("t", &text, &functions()) {
            let _ = template.render(Value::map([("a", Value::from_json(INPUT))]));
        }
    }
}
