//! Rules of Lua scripts.

use super::Rule;
use crate::Outcome;
use serde_json::Value;

/// Lists of events come to scripts whole.
pub const LUA_LISTS: Rule = Rule {
    name: "lua: nulls and lists within lists",
    reason: "the reference drops them from the event and moves later elements up",
    required: "what is recorded, once they are taken out of the event beforehand",
    applies: |vector| {
        let event = serde_json::from_slice::<Value>(&event_of(vector));
        event.is_ok_and(|event| dropped(&event) != event)
    },
};

/// Scripts reach nothing outside of them.
pub const LUA_SANDBOX: Rule = Rule {
    name: "lua: functions that reach outside",
    reason: "the reference lets scripts read files, run commands and look into the process",
    required: "an error that says that the function is not available",
    applies: |vector| {
        let script = script_of(vector);
        REACHING.iter().any(|name| script.contains(name))
    },
};

const REACHING: [&str; 16] = [
    "debug.",
    "io.",
    "channel.",
    "os.execute",
    "os.exit",
    "os.getenv",
    "os.remove",
    "os.rename",
    "os.setenv",
    "os.setlocale",
    "os.tmpname",
    "dofile",
    "loadfile",
    "loadlib",
    "module(",
    "require",
];

/// Judges a result that differs from the recorded one, given a way to run another event.
pub(crate) fn script(
    vector: &Value,
    got: &str,
    rerun: impl FnOnce(&[u8]) -> Outcome,
) -> Option<Outcome> {
    if (LUA_SANDBOX.applies)(vector) {
        let refuses = got.contains("is not available") || got.contains("not available to scripts");
        let given = if refuses { Ok(()) } else { Err(got.to_owned()) };
        return Some(LUA_SANDBOX.require(vector, given));
    }
    if (LUA_LISTS.applies)(vector) {
        let event = serde_json::from_slice::<Value>(&event_of(vector)).ok()?;
        let again = rerun(dropped(&event).to_string().as_bytes());
        return (again == Outcome::Passed).then(|| LUA_LISTS.require(vector, Ok(())));
    }
    None
}

/// Gives an event as scripts of the reference see it.
fn dropped(event: &Value) -> Value {
    match event {
        Value::Array(elements) => {
            let kept = elements
                .iter()
                .filter(|one| !one.is_null() && !one.is_array());
            Value::Array(kept.map(dropped).collect())
        }
        Value::Object(members) => {
            let dropped = |(name, member): (&String, &Value)| (name.clone(), dropped(member));
            Value::Object(members.iter().map(dropped).collect())
        }
        other => other.clone(),
    }
}

fn script_of(vector: &Value) -> &str {
    let places = [
        &vector["script"],
        &vector["in"]["transform"]["script"],
        &vector["in"]["filter"]["script"],
    ];
    places
        .into_iter()
        .find_map(Value::as_str)
        .unwrap_or_default()
}

fn event_of(vector: &Value) -> Vec<u8> {
    match vector["event"].as_str() {
        Some(event) => event.into(),
        None => crate::families::byte_string(&vector["in"]["event"]["data"]).unwrap_or_default(),
    }
}
