//! Promises of the module as a whole.

use super::*;
use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

/// Runs a program on `null` and shows its outputs, an error last.
fn outputs(program: &str) -> Vec<String> {
    outputs_with(program, &Settings::default())
}

fn outputs_with(program: &str, settings: &Settings<'_>) -> Vec<String> {
    let program = match Program::compile(program) {
        Ok(program) => program,
        Err(error) => return vec![error.to_string()],
    };
    let shown = |output: Result<Value, RunError>| match output {
        Ok(value) => String::from_utf8_lossy(&value.to_json()).into_owned(),
        Err(error) => format!("! {error}"),
    };
    program.run_with(Value::Null, settings).map(shown).collect()
}

fn limits(change: impl FnOnce(&mut Limits)) -> Settings<'static> {
    let mut limits = Limits::default();
    change(&mut limits);
    Settings::default().limits(limits)
}

/// Gives the limit that ended a program.
fn stopped_by(program: &str, settings: &Settings<'_>) -> Option<Limit> {
    let program = Program::compile(program).expect("compiles");
    let last = program.run_with(Value::Null, settings).last();
    match last {
        Some(Err(RunError::Limit(limit))) => Some(limit),
        _ => None,
    }
}

#[test]
fn endless_loops_end_with_their_steps() {
    let settings = limits(|limits| limits.steps = 100_000);
    for program in [
        "def f: f; f",
        "[range(infinite)] | length",
        "last(repeat(1))",
        "0 | until(false; . + 1)",
        "reduce range(1e18) as $x (0; . + 1)",
        "label $f | repeat(.)|empty",
    ] {
        assert_eq!(
            stopped_by(program, &settings),
            Some(Limit::Steps),
            "{program}"
        );
    }
}

#[test]
fn no_program_catches_a_limit() {
    let settings = limits(|limits| limits.steps = 10_000);
    for program in [
        "try (def f: f; f) catch 1",
        "(def f: f; f)?, 1",
        "(def f: f; f) // 1",
    ] {
        assert_eq!(
            stopped_by(program, &settings),
            Some(Limit::Steps),
            "{program}"
        );
    }
}

#[test]
fn endless_recursion_ends_with_its_depth() {
    let settings = limits(|limits| limits.depth = 10_000);
    for program in [
        "def f: 1 + f; f",
        "def f: f | not; f",
        "def f(g): f(g | g); f(.)",
        "def f: try f catch .; f",
        "def f: [f]; f",
        "path(def f: .a | f | .; f)",
    ] {
        assert_eq!(
            stopped_by(program, &settings),
            Some(Limit::Depth),
            "{program}"
        );
    }
}

#[test]
fn what_grows_without_end_ends_with_its_memory() {
    let settings = limits(|limits| limits.memory = 1 << 20);
    for program in [
        "last(range(64) as $i | 1) | reduce range(64) as $i (\"a\"; . + .)",
        "reduce range(64) as $i ([1]; . + .)",
        "\"a\" * 2000000000",
        "[range(1000000)]",
        "reduce range(1000000) as $i ({}; .[\"x\" * 1000 + ($i | tostring)] = $i)",
        "setpath([100000000]; 1)",
        "reduce range(100) as $i (1; [., .]) | tojson",
        "reduce range(30) as $i (1; [., .]) | flatten",
        "[limit(100000; repeat(\"0123456789abcdef\" * 4))] | join(\",\")",
        "1700000000 | strftime(\"%1024Y\" * 10000)",
        "reduce range(64) as $i (\"\"; tojson)",
    ] {
        let limit = stopped_by(program, &settings);
        assert_eq!(limit, Some(Limit::Memory), "{program}");
    }
}

#[test]
fn memory_that_is_let_go_does_not_count() {
    let settings = limits(|limits| limits.memory = 1 << 20);
    let program = "last(range(3000) | [range(500)] | length)";
    assert_eq!(outputs_with(program, &settings), ["500"]);
}

#[test]
fn values_nest_only_so_deep() {
    let settings = Settings::default();
    for program in [
        "reduce range(100000) as $i (1; [.])",
        "reduce range(100000) as $i (1; {a: .})",
        "def f: [f]; reduce range(2000) as $i (1; [1, .])",
        "[limit(5000; repeat(\"a\"))] as $path | null | setpath($path; 1)",
        "(\"[\" * 100000) | fromjson",
        "reduce range(2000) as $i (null; . as $x | null | setpath([0]; $x))",
    ] {
        assert_eq!(
            stopped_by(program, &settings),
            Some(Limit::Nesting),
            "{program}"
        );
    }
    let deepest = "reduce range(1000) as $i (1; [.]) | tojson | length";
    assert_eq!(outputs(deepest), ["2001"]);
}

#[test]
fn shared_values_that_are_vast_when_unfolded_end_with_their_steps() {
    let settings = limits(|limits| limits.steps = 1_000_000);
    let vast = "reduce range(60) as $i (1; [., .])";
    for program in [
        "($vast | . == .), 1",
        "$vast | contains($vast)",
        "[$vast, $vast] | sort",
    ] {
        let program =
            format!("{vast} as $vast | {vast} as $other | {program} | select($other == .)");
        assert_eq!(
            stopped_by(&program, &settings),
            Some(Limit::Steps),
            "{program}"
        );
    }
}

#[test]
fn outputs_are_counted_and_measured() {
    let settings = limits(|limits| limits.outputs = 3);
    let shown = outputs_with("range(10)", &settings);
    assert_eq!(
        shown,
        ["0", "1", "2", "! program gave more outputs than allowed"]
    );
    let settings = limits(|limits| limits.output_bytes = 100);
    let program = Program::compile("{a: (\"x\" * 1000), b: 1}").expect("compiles");
    let error = program
        .reshape(b"{}", &settings)
        .map_err(|error| error.to_string());
    assert_eq!(
        error,
        Err("program gave a larger output than allowed".to_owned())
    );
}

#[test]
fn a_run_ends_in_time_and_when_told_to() {
    let mut forever = limits(|limits| limits.steps = u64::MAX);
    forever.limits.time = Duration::from_millis(20);
    assert_eq!(stopped_by("def f: f; f", &forever), Some(Limit::Time));
    let stop = AtomicBool::new(true);
    let told = Settings::default().stop(&stop);
    assert_eq!(stopped_by("def f: f; f", &told), Some(Limit::Stopped));
    stop.store(false, Ordering::Relaxed);
    assert_eq!(stopped_by("1", &told), None);
}

#[test]
fn hostile_patterns_are_refused() {
    let shown = outputs("try (\"a\" | test(\"((a{0,999}){0,999}){0,999}\")) catch .");
    assert!(shown[0].contains("invalid regular expression"), "{shown:?}");
    let shown = outputs("try (\"a\" | test(\"(\" * 100000)) catch \"refused\"");
    assert_eq!(shown, ["\"refused\""]);
}

#[test]
fn programs_that_nest_too_deep_are_refused() {
    for program in [
        "(".repeat(1 << 17),
        "[".repeat(1 << 17),
        "-".repeat(1 << 17),
        "1+".repeat(1 << 16),
        ".a".repeat(1 << 16),
        ". as $x|".repeat(1 << 14),
        "def f: ".repeat(1 << 14),
        "{a:".repeat(1 << 16),
        "if ".repeat(1 << 16),
        "try ".repeat(1 << 15),
        "\"\\(".repeat(1 << 15),
        "label $x|".repeat(1 << 14),
        format!(". as {}", "[".repeat(1 << 16)),
        format!("{}1", ". //".repeat(1 << 15)),
        format!("\"{}\"", "\\(1)".repeat(1 << 15)),
        format!("import \"a\" as a {{a:{}", "[".repeat(1 << 16)),
    ] {
        let error = Program::compile(&program).expect_err("too deep");
        let start: String = program.chars().take(20).collect();
        assert_eq!(error.kind, CompileErrorKind::TooLarge, "{start}: {error}");
    }
}

#[test]
fn long_programs_that_do_not_nest_are_fine() {
    let list = format!("[{}1] | length", "1,".repeat(20_000));
    assert_eq!(outputs(&list), ["20001"]);
    let stages = format!("0{}", "|.+1".repeat(5_000));
    assert_eq!(outputs(&stages), ["5000"]);
    let definitions = format!("{}f", "def f: 1;".repeat(5_000));
    assert_eq!(outputs(&definitions), ["1"]);
}

#[test]
fn alternatives_are_tried_lazily() {
    assert_eq!(outputs("first(range(10), error(\"late\"))"), ["0"]);
    assert_eq!(outputs("[limit(3; repeat(1))]"), ["[1,1,1]"]);
    assert_eq!(outputs("label $out | 1, break $out, 2"), ["1"]);
    assert_eq!(outputs("try error(\"x\") catch ., 2"), ["\"x\"", "2"]);
}

#[test]
fn updates_change_what_no_one_else_has_in_place() {
    let settings = limits(|limits| limits.steps = 3_000_000);
    let program = "[range(20000)] | .[] |= . + 1 | add";
    assert_eq!(outputs_with(program, &settings), ["200010000"]);
    let program = ". as $before | {a: [1]} | .a as $old | .a[0] = 2 | [$old, .a]";
    assert_eq!(outputs(program), ["[[1],[2]]"]);
}

#[test]
fn mistakes_are_found_with_line_and_column() {
    let error = Program::compile(".a |\n  foo(1)").expect_err("no such function");
    assert_eq!((error.line, error.column, error.offset), (2, 3, 7));
    assert_eq!(error.kind, CompileErrorKind::Name);
    let error = Program::compile(".é |\n\t}").expect_err("no character of a name");
    assert_eq!((error.line, error.column, error.offset), (1, 2, 3));
    assert_eq!(error.message, "unexpected token \"é\"");
    let hints = [
        ("spilt(\",\")", "did you mean split?"),
        (". as $total | $totl", "did you mean $total?"),
        ("limit(1)", "limit takes 2 arguments, not 1"),
        ("$__loc__", ""),
    ];
    for (program, hint) in hints {
        let error = Program::compile(program).expect_err("names nothing");
        assert_eq!(error.hint.unwrap_or_default(), hint, "{program}");
    }
}

#[test]
fn one_program_runs_on_many_threads() {
    let program = Program::compile("{n: ([range(.n)] | add)}").expect("compiles");
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let reshaped = program.reshape(b"{\"n\":100}", &Settings::default());
                    assert_eq!(reshaped.expect("an object"), b"{\"n\":4950}");
                }
            });
        }
    });
}

#[test]
fn a_null_document_is_an_object_that_stays_null() {
    let reshape = |program: &str| {
        let program = Program::compile(program).expect("compiles");
        let reshaped = program.reshape(b"null", &Settings::default());
        reshaped.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    };
    assert_eq!(reshape(".").expect("null"), "null");
    assert_eq!(
        reshape("{v: ., t: type, k: keys}").expect("an object"),
        r#"{"k":[],"t":"object","v":null}"#
    );
    assert_eq!(reshape(".a = 1").expect("an object"), r#"{"a":1}"#);
}

#[test]
fn a_text_full_of_separators_is_cut_in_one_go() {
    let settings = Settings::default();
    for (program, length) in [
        (r#""," * 2000000 | split(",") | length"#, "2000001"),
        (r#""é, " * 500000 | . / ", " | length"#, "500001"),
        (r#""/w==" * 2 | @base64d | split("x") | length"#, "1"),
        (r#""aXb" * 100000 | split("") | length"#, "300000"),
    ] {
        assert_eq!(outputs_with(program, &settings), [length], "{program}");
    }
    let small = limits(|limits| limits.memory = 1 << 20);
    let program = r#""," * 1000000 | split(",")"#;
    assert_eq!(stopped_by(program, &small), Some(Limit::Memory));
}

#[test]
fn a_search_ends_with_its_steps() {
    let few = limits(|limits| limits.steps = 1_000_000);
    let program = r#""0" * 200000 | indices("0" * 100000)"#;
    assert_eq!(stopped_by(program, &few), Some(Limit::Steps));
}

#[test]
fn the_time_can_be_given() {
    let settings = Settings::default().now(1.5);
    assert_eq!(
        outputs_with("now, (now | todate)", &settings),
        ["1.5", "\"1970-01-01T00:00:01Z\""]
    );
}

mod random {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_is_a_program_or_an_error(text in "[\\[\\](){}\"\\\\.|,;:?/$@a-c0-9 +*=<>#éif]{0,40}") {
            let settings = limits(|limits| (limits.steps, limits.memory) = (20_000, 1 << 20));
            if let Ok(program) = Program::compile(&text) {
                program.run_with(Value::from("é"), &settings).for_each(drop);
            }
        }

        #[test]
        fn values_go_to_json_and_back(document in "[\\[\\]{}\",:0-9a-e]{0,20}") {
            if let Ok(value) = Value::from_json(document.as_bytes()) {
                let again = Value::from_json(&value.to_json()).expect("JSON");
                prop_assert_eq!(again.to_json(), value.to_json());
            }
        }
    }
}
