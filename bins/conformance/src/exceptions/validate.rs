//! Rules of validation: what the reference accepts though it cannot work, and the other way round.

use super::Rule;
use argo_events_expr::{
    duration,
    expr::Program,
    language::{Language, Limits},
    re2,
};
use jiff::tz::TimeZone;
use serde_json::Value;

/// What of an object makes it wrong here and right there.
const REFUSED: &str = "an error that names the place";

/// An endpoint that is not clean, or a number that is no port, is never reached.
pub const UNREACHABLE: Rule = Rule {
    name: "validate: a webhook that is never reached",
    reason: "the reference starts it, and nobody can reach it",
    required: REFUSED,
    applies: |vector| {
        events(vector, "webhook").any(|event| {
            let port = event["port"]
                .as_str()
                .and_then(|port| port.parse::<i64>().ok());
            let endpoint = event["endpoint"].as_str().unwrap_or_default();
            endpoint.contains("//") || port.is_some_and(|port| !(0..=65_535).contains(&port))
        })
    },
};

/// Two events at one endpoint cannot be told apart.
pub const ONE_ENDPOINT: Rule = Rule {
    name: "validate: two events at one endpoint",
    reason: "the reference hands requests to the one that began last, and to none when it ends",
    required: REFUSED,
    applies: |vector| {
        let route = |event: &Value| {
            [&event["port"], &event["endpoint"], &event["method"]].map(Value::to_string)
        };
        let mut routes: Vec<_> = events(vector, "webhook").map(route).collect();
        let all = routes.len();
        routes.sort();
        routes.dedup();
        routes.len() < all
    },
};

/// An address with blanks leads nowhere.
pub const NO_ADDRESS: Rule = Rule {
    name: "validate: a generic source without an address",
    reason: "the reference tries to connect to it for ever",
    required: REFUSED,
    applies: |vector| {
        events(vector, "generic")
            .any(|event| event["url"].as_str().is_some_and(|url| url.contains(' ')))
    },
};

/// Objects are chosen by what the API server, or the source at its start, refuses.
pub const RESOURCE: Rule = Rule {
    name: "validate: a resource source that fails when it starts",
    reason: "the reference checks no operation, label, pattern or type before it runs",
    required: REFUSED,
    applies: |vector| {
        let words = |value: &Value, known: &[&str]| {
            let given = value.as_str().unwrap_or_default();
            given.is_empty() || known.contains(&given)
        };
        let label = |selector: &Value| {
            const KNOWN: [&str; 9] = ["=", "==", "!=", "in", "notin", "exists", "!", "gt", "lt"];
            let is_number = matches!(selector["operation"].as_str(), Some("gt" | "lt"));
            let value = selector["value"].as_str().unwrap_or_default();
            words(&selector["operation"], &KNOWN)
                && !selector["key"].as_str().unwrap_or_default().contains(' ')
                && !value.contains([' ', '/', ':'])
                && (!is_number || value.parse::<i64>().is_ok())
        };
        let field = |selector: &Value| {
            words(&selector["operation"], &["=", "==", "!="])
                && re2::Regex::new(selector["value"].as_str().unwrap_or_default()).is_ok()
        };
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        events(vector, "resource").any(|event| {
            let filter = &event["filter"];
            list(&event["eventTypes"])
                .iter()
                .any(|it| !words(it, &["ADD", "UPDATE", "DELETE"]))
                || !list(&filter["labels"]).iter().all(label)
                || !list(&filter["fields"]).iter().all(field)
        })
    },
};

/// A calendar that cannot be read fails in the reference when its pod starts, or never ends.
pub const CALENDAR: Rule = Rule {
    name: "validate: a calendar that cannot run",
    reason: "the reference finds zone and catch-up wrong when it starts, sends without a pause for \
             intervals below a second, and never for days that do not exist",
    required: REFUSED,
    applies: |vector| {
        events(vector, "calendar").any(|event| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let zone = text(&event["timezone"]);
            let catch_up = text(&event["persistence"]["catchup"]["maxDuration"]);
            let interval = duration::parse(&text(&event["interval"])).unwrap_or_default();
            (!zone.is_empty() && TimeZone::get(&zone).is_err())
                || (!catch_up.is_empty() && duration::parse(&catch_up).is_err())
                || (1..1_000_000_000).contains(&interval)
                || names_no_day(&text(&event["schedule"]))
        })
    },
};

/// A trigger without a kind fails at each event.
pub const NO_KIND: Rule = Rule {
    name: "validate: a trigger that does nothing",
    reason: "the reference accepts it, and each firing fails",
    required: REFUSED,
    applies: |vector| {
        templates(vector).any(|template| {
            let common = ["name", "conditions", "conditionsReset", "join"];
            let kind = |(name, value): (&String, &Value)| {
                !common.contains(&name.as_str()) && !value.is_null()
            };
            !template
                .as_object()
                .is_some_and(|members| members.iter().any(kind))
        })
    },
};

/// Settings of a stream that are no settings make a stream that is never created.
pub const STREAM: Rule = Rule {
    name: "validate: a stream whose settings cannot be read",
    reason: "the reference fails when it merges them, or creates a stream without them",
    required: REFUSED,
    applies: |vector| {
        let spec = &vector["in"]["object"]["spec"];
        let text = |bus: &str| spec[bus]["streamConfig"].as_str();
        let buses = ["jetstream", "jetstreamExotic"]
            .into_iter()
            .filter_map(text);
        let mut lines = buses.flat_map(str::lines).map(str::trim);
        lines.any(|line| !line.is_empty() && !line.contains(':'))
    },
};

/// A condition that names nothing is accepted, and its trigger never starts.
pub const CONDITION: Rule = Rule {
    name: "validate: a condition that cannot hold",
    reason: "the reference does not read conditions before it runs, where such a trigger never starts",
    required: REFUSED,
    applies: |vector| {
        let dependencies = list(&vector["in"]["object"]["spec"]["dependencies"]);
        let names: Vec<&str> = dependencies
            .filter_map(|one| one["name"].as_str())
            .collect();
        let is_sign = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        let unknown = |text: &str| {
            text.split(|c| !is_sign(c))
                .any(|word| !word.is_empty() && !names.contains(&word))
        };
        names.iter().any(|name| !name.chars().all(is_sign))
            || templates(vector).any(|one| one["conditions"].as_str().is_some_and(unknown))
    },
};

/// A type of values that does not exist lets no event pass.
pub const DATA_TYPE: Rule = Rule {
    name: "validate: a type of values that does not exist",
    reason: "the reference accepts it, and refuses every event with an error",
    required: REFUSED,
    applies: |vector| {
        let dependencies = list(&vector["in"]["object"]["spec"]["dependencies"]);
        let types = dependencies
            .flat_map(|one| list(&one["filters"]["data"]))
            .map(|data| &data["type"]);
        let known = ["bool", "number", "string"];
        types
            .filter_map(Value::as_str)
            .any(|name| !known.contains(&name))
    },
};

/// Dead letters work in every mode here.
pub const DEAD_LETTER: Rule = Rule {
    name: "validate: a dead letter without atLeastOnce",
    reason: "the reference hands dead letters over only where it delivers at least once",
    required: "accepted, since dead letters work in every mode",
    applies: |vector| {
        list(&vector["in"]["object"]["spec"]["triggers"]).any(|trigger| {
            let last = &trigger["dlqTrigger"];
            last["template"].is_object()
                && (trigger["atLeastOnce"] != true || last["atLeastOnce"] != true)
        })
    },
};

/// An expression that is none lets no event through.
pub const SOURCE_EXPRESSION: Rule = Rule {
    name: "validate: a source's filter that is no expression",
    reason: "the reference finds it wrong at every event, and drops it",
    required: REFUSED,
    applies: |vector| {
        let kinds = vector["in"]["object"]["spec"].as_object();
        let events = kinds.into_iter().flat_map(|kinds| kinds.values());
        let events = events
            .filter_map(Value::as_object)
            .flat_map(|all| all.values());
        let mut expressions = events.filter_map(|event| event["filter"]["expression"].as_str());
        expressions.any(|expression| Program::new(expression).is_err())
    },
};

/// A text of a sensor that is no program can do nothing.
pub const SENSOR_LANGUAGE: Rule = Rule {
    name: "validate: a text of a sensor that is no program",
    reason: "the reference finds it wrong at every event, and drops it",
    required: REFUSED,
    applies: |vector| has_broken_text(&vector["in"]["object"]),
};

/// Tells whether a text in a value that is to be a program is none.
pub(crate) fn has_broken_text(value: &Value) -> bool {
    match value {
        Value::Array(elements) => elements.iter().any(has_broken_text),
        Value::Object(members) => members
            .iter()
            .any(|(name, member)| is_broken(name, member) || has_broken_text(member)),
        _ => false,
    }
}

fn is_broken(name: &str, member: &Value) -> bool {
    let language = match name {
        "expr" => Language::FilterExpression,
        "template" | "dataTemplate" | "contextTemplate" => Language::Template,
        "script" => Language::Lua,
        "jq" => Language::Jq,
        _ => return false,
    };
    let text = member.as_str().filter(|text| !text.is_empty());
    text.is_some_and(|text| language.compile(text, &Limits::default()).is_err())
}

fn events<'a>(vector: &'a Value, kind: &str) -> impl Iterator<Item = &'a Value> {
    vector["in"]["object"]["spec"][kind]
        .as_object()
        .into_iter()
        .flat_map(|events| events.values())
}

fn templates(vector: &Value) -> impl Iterator<Item = &Value> {
    list(&vector["in"]["object"]["spec"]["triggers"]).map(|trigger| &trigger["template"])
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Tells whether a schedule names a day that its month does not have, such as 31 February.
fn names_no_day(schedule: &str) -> bool {
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    let number = |at: usize| fields.get(at).and_then(|field| field.parse::<u8>().ok());
    match (number(2), number(3)) {
        (Some(day), Some(2)) => day > 29,
        (Some(day), Some(4 | 6 | 9 | 11)) => day > 30,
        _ => false,
    }
}
