//! Promises about scripts as their users meet them.

mod limits;

use super::{CompileError, Exceeded, Limits, RunError, Script, Settings};
use std::{
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, SystemTime},
};

fn compile_error(text: &str) -> CompileError {
    Script::compile(text).expect_err("a script that is wrong")
}

/// Gives what a script makes of an empty event.
fn made(text: &str) -> String {
    made_of(text, "{}")
}

fn made_of(text: &str, event: &str) -> String {
    let script = Script::compile(text).expect("a script that is right");
    let made = script
        .transform(event.as_bytes())
        .expect("a script that succeeds");
    String::from_utf8(made).expect("JSON is UTF-8")
}

fn failure(text: &str) -> RunError {
    failure_within(text, Limits::default())
}

fn failure_within(text: &str, limits: Limits) -> RunError {
    let script = Script::compile_with(text, limits).expect("a script that is right");
    script.transform(b"{}").expect_err("a script that fails")
}

/// Gives the limit that a script runs into, also where it tries to catch that.
fn exceeded(body: &str, limits: &Limits) -> Exceeded {
    let bare = failure_within(body, limits.clone());
    let caught = format!("while true do pcall(function() {body} end) end");
    let inside = format!("coroutine.wrap(function() {caught} end)()");
    for text in [caught, inside] {
        assert_eq!(failure_within(&text, limits.clone()), bare, "{text}");
    }
    match bare {
        RunError::Stopped(exceeded) => exceeded,
        other => panic!("{other}"),
    }
}

#[test]
fn mistakes_say_where_they_are() {
    let error = compile_error("local x = 1\nreturn x +* 2");
    assert_eq!((error.line, error.column, error.offset), (2, 11, 22));
    assert_eq!(
        error.to_string(),
        "<string> line:2(column:11) near '*':   syntax error"
    );
    let end = compile_error("if x then");
    assert_eq!(end.to_string(), "<string> at EOF:   syntax error");
    assert_eq!((end.line, end.offset), (1, 9));
}

#[test]
fn jumps_to_nowhere_are_mistakes() {
    for (text, message) in [
        (
            "break",
            "compile error near line(1) <string>: no loop to break",
        ),
        (
            "goto a",
            "compile error near line(2) <string>: no visible label 'a' for <goto> at line 1",
        ),
        (
            "goto a local x ::a:: x = 1",
            "compile error near line(2) <string>: <goto a> at line 1 jumps into the scope of \
             local 'x'",
        ),
    ] {
        assert_eq!(compile_error(text).to_string(), message);
    }
}

#[test]
fn errors_say_on_which_line_they_happened() {
    let error = failure("local t\n\nreturn t.x");
    assert_eq!(
        error.to_string(),
        "<string>:3: attempt to index a non-table object(nil) with key 'x'"
    );
    assert_eq!(
        failure("string.rep()").to_string(),
        "<string>:1: bad argument #1 to rep (string expected, got nil)"
    );
}

#[test]
fn nothing_of_a_run_is_there_in_the_next() {
    let spoil = Script::compile(
        "x = 1 string.rep = nil event = nil _G.pairs = 5 math.pi = 3
         setmetatable('', {}) setmetatable(_G, {__index = function() return 7 end})
         package.loaded.x = 1 setfenv(0, {}) return {}",
    )
    .expect("Lua");
    let look = Script::compile(
        "return {x = x, rep = ('a'):rep(2), event = type(event), pairs = type(pairs), y = y,
         pi = math.floor(math.pi * 100), loaded = package.loaded.x, g = getfenv(0) == _G}",
    )
    .expect("Lua");
    for _ in 0..20 {
        assert_eq!(spoil.transform(b"{}"), Ok(b"{}".to_vec()));
        let seen = look.transform(b"{}").expect("a table");
        assert_eq!(
            String::from_utf8(seen).expect("JSON is UTF-8"),
            r#"{"event":"table","g":true,"pairs":"function","pi":314,"rep":"aa"}"#
        );
    }
}

#[test]
fn scripts_can_run_in_several_threads() {
    let script =
        Script::compile("local s = 0 for i = 1, 1000 do s = s + i end return {s, event.n}");
    let script = Arc::new(script.expect("Lua"));
    std::thread::scope(|scope| {
        for number in 0..4 {
            let script = Arc::clone(&script);
            scope.spawn(move || {
                let event = format!("{{\"n\":{number}}}");
                let made = script.transform(event.as_bytes()).expect("a table");
                assert_eq!(made, format!("[500500,{number}]").into_bytes());
            });
        }
    });
}

#[test]
fn nulls_and_lists_in_lists_keep_their_places() {
    let event = r#"{"a":[1,null,[2,[3]],{"b":null,"c":[[]]}]}"#;
    assert_eq!(
        made_of("return event", event),
        r#"{"a":[1,null,[2,[3]],{"c":[{}]}]}"#
    );
    assert_eq!(made_of("return {n = #event.a}", event), r#"{"n":4}"#);
}

#[test]
fn only_objects_and_null_are_events() {
    let script = Script::compile("return {n = type(event)}").expect("Lua");
    assert_eq!(
        script.transform(b" null "),
        Ok(br#"{"n":"table"}"#.to_vec())
    );
    let refused = script.transform(b"[1]").expect_err("an array");
    assert_eq!(
        refused.to_string(),
        "json: cannot unmarshal array into Go value of type map[string]interface {}"
    );
    let broken = script.filter(b"{").expect_err("half an object");
    assert_eq!(broken.to_string(), "unexpected end of JSON input");
}

#[test]
fn a_filter_wants_true_and_nothing_else() {
    for (text, verdict) in [
        ("return true", true),
        ("return false, true", true),
        ("return true, 1", false),
        ("return 1", false),
        ("", false),
    ] {
        let script = Script::compile(text).expect("Lua");
        assert_eq!(script.filter(b"{}"), Ok(verdict), "{text}");
    }
}

#[test]
fn a_transform_wants_a_table() {
    assert_eq!(failure("return 'x'"), RunError::NotATable);
    assert_eq!(
        failure("return {0/0}").to_string(),
        "json: unsupported value: NaN"
    );
    assert_eq!(
        failure("return {print}").to_string(),
        "json: unsupported type: lua.LGFunction"
    );
    assert_eq!(made("return setmetatable({}, {__is_array = true})"), "[]");
    assert_eq!(made("return {[3] = 1, x = 2}"), "[null,null,1]");
}

#[test]
fn what_is_not_available_says_so() {
    for call in [
        "os.execute('true')",
        "os.getenv('HOME')",
        "os.exit()",
        "io.open('x')",
        "io.write('x')",
        "debug.traceback()",
        "channel.make()",
        "loadfile('x')",
        "dofile('x')",
        "package.loadlib('x', 'y')",
    ] {
        let name = call.split('(').next().unwrap_or_default();
        assert_eq!(
            failure(call).to_string(),
            format!("<string>:1: {name} is not available to scripts of filters and transforms")
        );
    }
    let required = failure("require('x')").to_string();
    assert!(required.ends_with("module x not found: files are not available to scripts"));
}

#[test]
fn keys_come_in_the_order_of_their_insertion() {
    let text = "local t = {z = 1, a = 2} t.m = 3 t.a = nil t.b = 4 t.a = 5 t[1] = 0
        local keys = {} for k in pairs(t) do keys[#keys + 1] = k end return keys";
    assert_eq!(made(text), r#"[1,"z","a","m","b"]"#);
}

#[test]
fn many_keys_are_found_and_removed() {
    let text = "local t, n = {}, 0
        for i = 1, 2000 do t['k' .. i] = i t[-i] = i t[i + 0.5] = i end
        for i = 1, 2000, 2 do t['k' .. i] = nil t[-i] = nil end
        for k, v in pairs(t) do n = n + 1 end
        return {n, t.k2, t.k3, t[-4], t[1.5]}";
    assert_eq!(made(text), "[4000,2,null,4,1]");
}

#[test]
fn coroutines_pass_values_both_ways() {
    let text = "local function squares(n) for i = 1, n do n = coroutine.yield(i * i) or n end return 'end' end
        local co, out = coroutine.create(squares), {}
        for _, passed in ipairs {3, false, false, false, false} do
            local ok, value = coroutine.resume(co, passed or nil)
            out[#out + 1] = tostring(ok) .. ' ' .. tostring(value) .. ' ' .. coroutine.status(co)
        end
        return out";
    assert_eq!(
        made(text),
        r#"["true 1 suspended","true 4 suspended","true 9 suspended","true end dead","false can not resume a dead thread dead"]"#
    );
}

#[test]
fn coroutines_yield_through_protected_calls() {
    let text = "local f = coroutine.wrap(function()
            local ok, got = pcall(function() local x = coroutine.yield(1) error('no ' .. x, 0) end)
            coroutine.yield(got)
            return ok
        end)
        return {f(), f('way'), f()}";
    assert_eq!(made(text), r#"[1,"no way",false]"#);
}

#[test]
fn captured_locals_are_shared_and_survive() {
    let text = "local get, set do local x = 1 get = function() return x end set = function(v) x = v end end
        local each = {} for i = 1, 3 do each[i] = function() i = i + 10 return i end end
        set(5) pcall(error) set(get() + 1)
        return {get(), each[1](), each[1](), each[2]()}";
    assert_eq!(made(text), "[6,11,21,12]");
}

#[test]
fn handlers_see_errors_of_all_kinds() {
    let text =
        "local function h(e) return {type(e), type(e) == 'table' and e.code or tostring(e)} end
        local out = {}
        for _, e in ipairs {{code = 7}, 'text', 5, false} do
            out[#out + 1] = select(2, xpcall(function() error(e) end, h))
        end
        return out";
    assert_eq!(
        made(text),
        r#"[["table",7],["string","\u003cstring\u003e:4: text"],["number","5"],["boolean","false"]]"#
    );
}

#[test]
fn equal_elements_keep_the_order_that_go_gives_them() {
    let text = "local t = {} for i = 1, 40 do t[i] = {k = i % 4, i = i} end
        table.sort(t, function(a, b) return a.k < b.k end)
        local out = {} for i, e in ipairs(t) do out[i] = e.i end return out";
    assert_eq!(
        made(text),
        "[12,28,40,4,24,20,36,8,16,32,37,5,13,29,33,9,17,25,1,21,6,22,34,38,18,26,10,2,14,30,11,31,27,23,35,19,15,7,39,3]"
    );
}

#[test]
fn assigning_locals_to_each_other_does_not_swap_them() {
    assert_eq!(made("local a, b = 1, 2 a, b = b, a return {a, b}"), "[2,2]");
    assert_eq!(
        made("local t = {1, 2} t[1], t[2] = t[2], t[1] return t"),
        "[2,1]"
    );
}

#[test]
fn a_call_in_a_last_named_field_is_an_element_too() {
    assert_eq!(
        made("return {'a', 'b', z = ('c'):upper()}"),
        r#"["a","b","C"]"#
    );
    assert_eq!(
        made("return {'a', 'b', z = (('c'):upper())}"),
        r#"["a","b"]"#
    );
    assert_eq!(made("return {'a', z = ('c'):upper(), 'b'}"), r#"["a","b"]"#);
}

#[test]
fn powers_are_those_of_go() {
    for (base, exponent, power) in [
        ("1.1", "8", "2.143588810000001"),
        ("1.3", "3", "2.1970000000000005"),
        ("3", "30", "205891132094649"),
        ("-1", "math.huge", "1"),
        ("4", "0.5", "2"),
    ] {
        let text = format!(
            "local a, b = {base}, {exponent} return {{tostring(a ^ b), tostring(math.pow(a, b))}}"
        );
        assert_eq!(made(&text), format!(r#"["{power}","{power}"]"#), "{text}");
    }
}

#[test]
fn the_time_can_be_given() {
    let noon = SystemTime::UNIX_EPOCH + Duration::from_secs(43_200);
    let settings = Settings::default().now(noon);
    let text = "local start = os.clock()
        return {time = os.time(), date = os.date('%F %H'), parts = os.date('*t').hour,
                runs = start >= 0 and os.clock() >= start}";
    let made = Script::compile(text)
        .expect("Lua")
        .transform_with(b"{}", &settings);
    let wanted = br#"{"date":"1970-01-01 12","parts":12,"runs":true,"time":43200}"#;
    assert_eq!(made, Ok(wanted.to_vec()));
}

#[test]
fn random_numbers_can_be_given() {
    let script = Script::compile("return {math.random(), math.random(1000)}").expect("Lua");
    let made = |seed| script.transform_with(b"{}", &Settings::default().seed(seed));
    assert_eq!(made(1), made(1));
    assert_ne!(made(1), made(2));
}
