//! What ends a script that would not end, or a text that is too much.

use super::*;

#[test]
fn an_endless_loop_is_stopped() {
    let few = Limits {
        steps: 200_000,
        ..Limits::default()
    };
    for body in [
        "while true do end",
        "repeat until false",
        "for i = 1, math.huge do end",
        "::top:: goto top",
        "local function f() return f() end f()",
        "string.find(string.rep('a', 3000), '.-.-.-.-b')",
        "string.find(string.rep('(', 20000), '%b()')",
        "local f = function() end for i = 1, math.huge do f() end",
        "table.sort({1, 2, 3, 4, 5, 6, 7, 8}, function() while true do end end)",
        "string.gsub(string.rep('a', 1e6), 'a', 'b')",
    ] {
        assert_eq!(exceeded(body, &few), Exceeded::Steps, "{body}");
    }
}

#[test]
fn a_script_that_takes_too_long_is_stopped() {
    let short = Limits {
        steps: u64::MAX,
        time: Duration::from_millis(5),
        ..Limits::default()
    };
    assert_eq!(exceeded("while true do end", &short), Exceeded::Time);
}

#[test]
fn a_script_that_nobody_waits_for_is_stopped() {
    let script = Script::compile("while true do end").expect("Lua");
    let settings = Settings::default().cancelled(Arc::new(AtomicBool::new(true)));
    let stopped = RunError::Stopped(Exceeded::Cancelled);
    let run = script.filter_with(b"{}", &settings);
    assert_eq!(run, Err(stopped.clone()));
    assert_eq!(script.transform_with(b"{}", &settings), Err(stopped));
}

#[test]
fn memory_without_end_is_refused() {
    let small = Limits {
        memory: 4 << 20,
        ..Limits::default()
    };
    for body in [
        "local s = 'ab' while true do s = s .. s end",
        "local s = string.rep('a', 1e9)",
        "local t = {} local i = 0 while true do i = i + 1 t[i] = i end",
        "local t = {} local i = 0 while true do i = i + 1 t['k' .. i] = i end",
        "local t = {} t[6e7] = 1",
        "local t while true do t = {t} end",
        "local f while true do local g = f f = function() return g end end",
        "local t = {} while true do t[#t + 1] = coroutine.create(print) end",
        "local s = string.rep('a', 1e6) s:gsub('', s)",
        "local t = {} for i = 1, 1e5 do t[i] = string.rep('x', 999) end table.concat(t)",
        "local s = string.rep('a', 1e6) for w in s:gmatch('.') do end",
        "loadstring(string.rep('x = 1 ', 1e5))",
        "('%999999d'):rep(10):format(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)",
    ] {
        assert_eq!(exceeded(body, &small), Exceeded::Memory, "{body}");
    }
}

#[test]
fn garbage_does_not_count() {
    let small = Limits {
        memory: 8 << 20,
        ..Limits::default()
    };
    let text = "local s = '' for i = 1, 20000 do s = s .. 'x' end
        for i = 1, 100000 do local t = {i, {i}} local f = function() return t end end
        local c for i = 1, 2000 do c = coroutine.wrap(function() coroutine.yield(i) end) c() end
        return {n = #s}";
    let script = Script::compile_with(text, small).expect("Lua");
    assert_eq!(script.transform(b"{}"), Ok(br#"{"n":20000}"#.to_vec()));
}

#[test]
fn results_have_a_longest_length() {
    let short = Limits {
        output: 10_000,
        ..Limits::default()
    };
    let doubled = "local t = {1} for i = 1, 40 do t = {t, t} end return t";
    assert_eq!(
        failure_within(doubled, short),
        RunError::Stopped(Exceeded::Memory)
    );
}

#[test]
fn results_have_a_greatest_depth() {
    let stopped = RunError::Stopped(Exceeded::Depth);
    assert_eq!(failure("local t = {} t.t = t return t"), stopped);
    assert_eq!(
        failure("local t = {} for i = 1, 100000 do t = {t} end return t"),
        stopped
    );
}

#[test]
fn recursion_without_end_is_an_error() {
    for body in [
        "local function f() return 1 + f() end f()",
        "local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k] end \
         local x = t.x",
        "local t = setmetatable({}, {}) getmetatable(t).__tostring = tostring tostring(t)",
        "local t = setmetatable({}, {}) getmetatable(t).__concat = function(a, b) return a .. b end \
         local x = t .. t",
        "local function f() table.sort({1, 2}, f) end f()",
        "local function f(s) return (s:gsub('.', f)) end f('a')",
        "local t = {} t.__call = t setmetatable(t, t) t()",
        "local function f() coroutine.wrap(f)() end f()",
    ] {
        let error = failure(body);
        assert!(
            matches!(error, RunError::Raised(_) | RunError::Stopped(_)),
            "{body}: {error}"
        );
    }
    assert_eq!(
        failure("local function f() return 1 + f() end f()").to_string(),
        "<string>:1: stack overflow"
    );
}

#[test]
fn recursion_that_catches_its_errors_ends_too() {
    let few = Limits {
        steps: 2_000_000,
        ..Limits::default()
    };
    for body in [
        "local function f() pcall(f) f() end f()",
        "local function f() return xpcall(f, f), error('x') end f() f = nil f()",
    ] {
        let error = failure_within(body, few.clone());
        assert!(
            matches!(error, RunError::Raised(_) | RunError::Stopped(_)),
            "{body}: {error}"
        );
    }
}

#[test]
fn deep_texts_are_refused() {
    for text in [
        "(".repeat(1 << 20),
        format!("return {}", "{".repeat(1 << 20)),
        format!("return {}1", "-".repeat(1 << 20).replace("--", "- - ")),
        format!("x = {}", "not ".repeat(1 << 20)),
        "do ".repeat(1 << 20),
        "function f() ".repeat(1 << 18),
        format!("return 2{}", "^2".repeat(1 << 20)),
        format!("return {}", "a.b(".repeat(1 << 18)),
    ] {
        let message = compile_error(&text).message;
        assert!(
            message.ends_with("chunk has too many syntax levels"),
            "{message}"
        );
    }
}

#[test]
fn long_texts_are_no_deep_texts() {
    let sum = format!("return {{1{}}}", " + 1".repeat(100_000));
    assert_eq!(made(&sum), "[100001]");
    let any = format!("return {{false{}}}", " or false".repeat(10_000));
    assert_eq!(made(&any), "[false]");
    assert_eq!(
        made(&format!(
            "local x = {{}} {} return {{1}}",
            "x = {x} ".repeat(10_000)
        )),
        "[1]"
    );
}

#[test]
fn too_many_registers_are_a_mistake() {
    let locals: String = (0..300).map(|n| format!("local l{n} = {n} ")).collect();
    assert!(
        compile_error(&locals)
            .message
            .ends_with("too many local variables")
    );
    let joined = format!("return 'a'{}", " .. 'a'".repeat(300));
    assert!(compile_error(&joined).message.contains("register overflow"));
}
