//! Rules of sensors: filters, parameters, triggers.

use super::Rule;
use crate::Outcome;
use serde_json::Value;

/// Headers that the client writes itself, as Go spells them.
const OWN_HEADERS: [&str; 6] = [
    "Host",
    "Content-Length",
    "Transfer-Encoding",
    "Trailer",
    "User-Agent",
    "Accept-Encoding",
];

/// A name that the client writes itself goes out twice when it is spelled another way.
pub const HTTP_ONE_LINE_EACH: Rule = Rule {
    name: "http: headers of the client spelled another way",
    reason: "the reference sends them beside its own lines, so that a request can state two lengths",
    required: "one line each: the client's own, or the manifest's user agent and encoding",
    applies: |vector| {
        named_headers(&vector["in"]["trigger"])
            .iter()
            .any(|name| is_respelled(name))
    },
};

/// A secret header goes wherever a redirect leads.
pub const HTTP_SECRETS_STAY: Rule = Rule {
    name: "http: secret headers on a redirect to another host",
    reason: "the reference hands them to any host that the first one names",
    required: "the same requests, without the secret headers on other hosts",
    applies: |vector| {
        let input = &vector["in"];
        let has_secrets = input["trigger"].to_string().contains("secureHeaders");
        let answers = input["peer"].as_array().into_iter().flatten();
        let mut locations =
            answers.flat_map(|answer| answer["headers"].as_array().into_iter().flatten());
        has_secrets && locations.any(|header| header[0] == "Location" && leaves(&header[1]))
    },
};

/// Tells whether requests that differ are those that a rule requires.
pub(crate) fn http_requests(vector: &Value, wanted: &Value, got: &Value) -> Option<Outcome> {
    if (HTTP_ONE_LINE_EACH.applies)(vector) {
        let bodies_count = !named_headers(&vector["in"]["trigger"])
            .iter()
            .any(|name| name == "content-length");
        let (required, given) = (
            sorted(&one_line_each(wanted), bodies_count),
            sorted(got, bodies_count),
        );
        let given = if required == given {
            Ok(())
        } else {
            Err(got.to_string())
        };
        return Some(HTTP_ONE_LINE_EACH.require(vector, given));
    }
    if (HTTP_SECRETS_STAY.applies)(vector) {
        let secret = secret_names(&vector["in"]["trigger"]);
        let required = without_secrets(wanted, &secret);
        let given = if required == *got {
            Ok(())
        } else {
            Err(got.to_string())
        };
        return Some(HTTP_SECRETS_STAY.require(vector, given));
    }
    None
}

fn is_respelled(name: &str) -> bool {
    OWN_HEADERS
        .iter()
        .any(|own| name.eq_ignore_ascii_case(own) && name != *own)
}

/// Lists names of headers anywhere in a trigger.
fn named_headers(trigger: &Value) -> Vec<String> {
    let mut names = Vec::new();
    collect_headers(trigger, &mut names);
    names
}

fn collect_headers(value: &Value, names: &mut Vec<String>) {
    let Some(members) = value.as_object() else {
        value
            .as_array()
            .into_iter()
            .flatten()
            .for_each(|element| collect_headers(element, names));
        return;
    };
    for (name, member) in members {
        match name.as_str() {
            "headers" => names.extend(
                member
                    .as_object()
                    .into_iter()
                    .flat_map(|map| map.keys().cloned()),
            ),
            "dynamicHeaders" | "secureHeaders" => {
                let entries = member.as_array().into_iter().flatten();
                let named =
                    entries.filter_map(|entry| entry["dest"].as_str().or(entry["name"].as_str()));
                names.extend(named.map(str::to_owned));
            }
            "parameters" => {
                let entries = member.as_array().into_iter().flatten();
                let dests = entries.filter_map(|entry| entry["dest"].as_str()?.rsplit('.').next());
                names.extend(dests.map(str::to_owned));
            }
            _ => {}
        }
        collect_headers(member, names);
    }
}

/// Keeps the client's own line of each name, but the manifest's user agent and encoding.
fn one_line_each(requests: &Value) -> Value {
    let mut requests = requests.clone();
    for headers in requests
        .as_array_mut()
        .into_iter()
        .flatten()
        .filter_map(|r| r["headers"].as_array_mut())
    {
        for own in OWN_HEADERS {
            let respelled = |header: &Value| {
                header[0]
                    .as_str()
                    .is_some_and(|name| name.eq_ignore_ascii_case(own) && name != own)
            };
            let manifests = matches!(own, "User-Agent" | "Accept-Encoding");
            if headers.iter().any(respelled) {
                headers.retain(|header| {
                    if manifests {
                        header[0] != own
                    } else {
                        !respelled(header)
                    }
                });
            }
        }
    }
    requests
}

/// Sorts headers, since a respelled one may stand elsewhere; a second length changes what is
/// recorded as body.
fn sorted(requests: &Value, with_bodies: bool) -> Value {
    let mut requests = requests.clone();
    for request in requests
        .as_array_mut()
        .into_iter()
        .flatten()
        .filter(|_| !with_bodies)
    {
        request["body"] = Value::Null;
    }
    for headers in requests
        .as_array_mut()
        .into_iter()
        .flatten()
        .filter_map(|r| r["headers"].as_array_mut())
    {
        headers.sort_by_key(Value::to_string);
    }
    requests
}

/// Tells whether a redirect names another host than the one that every vector begins with.
fn leaves(location: &Value) -> bool {
    let location = location.as_str().unwrap_or_default();
    ["<L1>", "<L2>", "<U1>"]
        .iter()
        .any(|name| location.contains(name))
}

fn secret_names(trigger: &Value) -> Vec<String> {
    let entries = trigger["template"]["http"]["secureHeaders"]
        .as_array()
        .into_iter()
        .flatten();
    entries
        .filter_map(|entry| entry["name"].as_str().map(str::to_owned))
        .collect()
}

/// Removes secret headers from the first request to another host on.
fn without_secrets(requests: &Value, secret: &[String]) -> Value {
    let mut requests = requests.clone();
    let mut left = false;
    for request in requests.as_array_mut().into_iter().flatten() {
        left |= request["headers"][0][1]
            .as_str()
            .is_some_and(|host| host.starts_with("<L") || host.starts_with("<U"));
        if let Some(headers) = request["headers"].as_array_mut().filter(|_| left) {
            headers.retain(|header| !secret.iter().any(|name| header[0] == name.as_str()));
        }
    }
    requests
}

/// With alternatives, an error of one group turns away what another lets pass.
pub const FILTER_OR_ERRORS: Rule = Rule {
    name: "filter: an error beside an alternative that holds",
    reason: "the reference's entry point takes any error as a rejection, against its documentation",
    required: "passes if a group that is there holds, fails with the errors otherwise",
    applies: |vector| {
        vector["in"]["filtersLogicalOperator"] == "or" && groups(&vector["in"]["filter"]).len() > 1
    },
};

/// With alternatives, a filter without groups lets nothing pass.
pub const FILTER_EMPTY_OR: Rule = Rule {
    name: "filter: alternatives of which there are none",
    reason: "the reference turns every event away, without an error",
    required: "passes, as an empty filter does",
    applies: |vector| {
        let input = &vector["in"];
        input["filtersLogicalOperator"] == "or"
            && input["filter"].is_object()
            && groups(&input["filter"]).is_empty()
    },
};

/// Lists and maps as members of lists.
pub const EXPRESSION_MEMBERSHIP: Rule = Rule {
    name: "govaluate: maps and lists looked for in a list",
    reason: "the reference compares what cannot be compared, and ends its process",
    required: "no crash: membership by what they hold, or an error",
    applies: |vector| {
        let filters = vector["in"]["filter"]["exprs"].as_array();
        let in_filters = filters.into_iter().flatten().map(|entry| &entry["expr"]);
        let mut texts = in_filters.chain([&vector["expr"]]);
        let looks_for = |text: &str| text.contains("in") || text.contains("IN");
        texts.any(|text| text.as_str().is_some_and(looks_for))
    },
};

/// What a template of a data filter writes is kept whole.
pub const TEMPLATE_WHOLE: Rule = Rule {
    name: "filter: texts of templates with characters that Go quotes in its own way",
    reason: "the reference quotes the text for Go, reads it as JSON, and loses it from there on",
    required: "the verdict on the whole text",
    applies: |vector| {
        let entries = vector["in"]["filter"]["data"].as_array();
        let mut templates = entries
            .into_iter()
            .flatten()
            .filter_map(|entry| entry["template"].as_str());
        let body = &vector["in"]["event"]["data"];
        let in_body = body["utf8"].as_str().unwrap_or("\u{7f}");
        let is_odd = |c: char| c.is_control() || u32::from(c) > 0xffff;
        let escapes = [
            "\\a", "\\v", "\\x", "\\u", "\\U", "%c", "b64dec", "b32dec", "substr", "trunc",
        ];
        let may_be_odd = |text: &str| {
            text.contains(is_odd) || escapes.iter().any(|escape| text.contains(escape))
        };
        templates.any(|text| may_be_odd(text) || may_be_odd(in_body))
    },
};

/// Templates reach nothing outside of them.
pub const TEMPLATE_HERMETIC: Rule = Rule {
    name: "params: templates that reach outside",
    reason: "the reference shows the environment and the network to them",
    required: "as if the template had failed: the key, the value, or an error",
    applies: |vector| {
        let text = vector["in"].to_string();
        ["env ", "expandenv", "getHostByName"]
            .iter()
            .any(|name| text.contains(name))
    },
};

/// A template that is none keeps a trigger from being made.
pub const TEMPLATE_BROKEN: Rule = Rule {
    name: "templates and programs that are none",
    reason: "the reference finds out at each firing, and takes the key or the value instead",
    required: "an error that names the template when the trigger is made",
    applies: |vector| super::validate::has_broken_text(&vector["in"]),
};

/// A time that 64 bits of nanoseconds cannot hold.
pub const FILTER_FAR_TIME: Rule = Rule {
    name: "filter: times before 1678 or after 2261",
    reason: "times are nanoseconds in 64 bits here; an event with another one counts as one without",
    required: "a verdict without an error",
    applies: |vector| {
        let time = vector["in"]["event"]["context"]["time"]
            .as_str()
            .unwrap_or_default();
        let year = time.get(..4).and_then(|year| year.parse::<u16>().ok());
        !vector["in"]["filter"]["time"].is_null()
            && year.is_some_and(|year| !(1678..=2261).contains(&year))
    },
};

/// Tells whether a verdict that differs is the one that a rule requires. `alone` asks for the
/// verdict of a filter with only one of the groups.
pub(crate) fn filter_alternatives(
    vector: &Value,
    got: &Value,
    alone: impl Fn(&Value) -> Value,
) -> Option<Outcome> {
    let given = |is_right: bool| {
        if is_right {
            Ok(())
        } else {
            Err(got.to_string())
        }
    };
    if (FILTER_FAR_TIME.applies)(vector) {
        return Some(FILTER_FAR_TIME.require(vector, given(got["error"].is_null())));
    }
    if (FILTER_EMPTY_OR.applies)(vector) {
        return Some(FILTER_EMPTY_OR.require(vector, given(got["pass"] == true)));
    }
    if (FILTER_OR_ERRORS.applies)(vector) {
        let filter = &vector["in"]["filter"];
        let one_holds = groups(filter)
            .into_iter()
            .any(|group| alone(&only(filter, group))["pass"] == true);
        return Some(FILTER_OR_ERRORS.require(vector, given(got["pass"] == one_holds)));
    }
    None
}

/// Lists the groups that are there.
fn groups(filter: &Value) -> Vec<&'static str> {
    let is_there = |group: &&str| !filter[group].is_null() && filter[group] != "";
    ["exprs", "data", "context", "time", "script"]
        .into_iter()
        .filter(is_there)
        .collect()
}

/// Leaves one group of a filter.
fn only(filter: &Value, group: &str) -> Value {
    let mut filter = filter.clone();
    for other in groups(&filter).into_iter().filter(|other| *other != group) {
        filter[other] = Value::Null;
    }
    filter
}

/// The interval of the log trigger is never kept.
pub const LOG_INTERVAL: Rule = Rule {
    name: "log: lines within the interval",
    reason: "the reference forgets when it wrote last, so that its setting has no effect",
    required: "the first line alone, since every firing of a vector comes at once",
    applies: |vector| {
        let trigger = &vector["in"]["trigger"];
        let by_parameter = trigger["parameters"]
            .to_string()
            .contains("intervalSeconds");
        by_parameter
            || trigger["template"]["log"]["intervalSeconds"]
                .as_u64()
                .is_some_and(|seconds| seconds > 0)
    },
};

/// Tells whether lines that differ are those that a rule requires.
pub(crate) fn log_lines(vector: &Value, got: &Value) -> Option<Outcome> {
    (LOG_INTERVAL.applies)(vector).then(|| {
        let first = vector["want"]["lines"]
            .as_array()
            .into_iter()
            .flatten()
            .take(1)
            .collect::<Vec<_>>();
        let is_first = got
            .as_array()
            .is_some_and(|got| got.iter().collect::<Vec<_>>() == first);
        LOG_INTERVAL.require(
            vector,
            if is_first {
                Ok(())
            } else {
                Err(got.to_string())
            },
        )
    })
}
