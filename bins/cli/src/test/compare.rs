//! Compares what came of a case with what it expects.

use super::{course::Course, expect::Expect};
use argo_events::sensor::dependency::Verdict;
use serde_json::{Map, Value};

/// One thing that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    /// What was compared.
    pub(crate) what: String,
    pub(crate) expected: String,
    pub(crate) got: String,
}

impl Difference {
    fn new(what: impl Into<String>, expected: impl ToString, got: impl ToString) -> Self {
        Self {
            what: what.into(),
            expected: expected.to_string(),
            got: got.to_string(),
        }
    }
}

/// Returns every difference.
pub(crate) fn differences(expect: &Expect, course: &Course) -> Vec<Difference> {
    let mut found = Vec::new();
    fired(expect, course, &mut found);
    for (trigger, expected) in &expect.rendered {
        rendered(trigger, expected, course, &mut found);
    }
    for (dependency, reason) in &expect.filtered {
        found.extend(filtered(dependency, reason.as_deref(), course));
    }
    for (trigger, missing) in &expect.missing {
        let waiting = course.waiting.iter().filter(|it| it.trigger == *trigger);
        let shown: Vec<_> = waiting.map(|it| it.missing.to_string()).collect();
        if !shown.contains(missing) {
            found.push(Difference::new(
                format!("missing {trigger}"),
                missing,
                listed(&shown),
            ));
        }
    }
    found
}

fn fired(expect: &Expect, course: &Course, found: &mut Vec<Difference>) {
    let got: Vec<_> = course
        .fired()
        .map(|fired| fired.firing.trigger().to_owned())
        .collect();
    if let Some(expected) = &expect.fired {
        let sorted = |names: &[String]| {
            let mut names = names.to_vec();
            names.sort_unstable();
            names
        };
        if sorted(expected) != sorted(&got) {
            found.push(Difference::new("fired", listed(expected), listed(&got)));
        }
    }
    for name in expect.not_fired.iter().filter(|name| got.contains(name)) {
        let times = got.iter().filter(|fired| *fired == name).count();
        found.push(Difference::new(
            format!("fired {name}"),
            "nothing",
            format!("{times} times"),
        ));
    }
}

fn listed(names: &[String]) -> String {
    if names.is_empty() {
        "nothing".to_owned()
    } else {
        names.join(", ")
    }
}

fn filtered(dependency: &str, reason: Option<&str>, course: &Course) -> Option<Difference> {
    let considered = course.decisions().flat_map(|decision| &decision.considered);
    let verdicts = considered
        .filter(|it| it.dependency == dependency)
        .map(|it| &it.verdict);
    let got: Vec<String> = verdicts.filter_map(turned_away).collect();
    let fits = |got: &String| reason.is_none_or(|reason| got.contains(reason));
    (!got.iter().any(fits)).then(|| {
        let what = format!("filtered {dependency}");
        Difference::new(what, reason.unwrap_or("any reason"), listed(&got))
    })
}

/// Returns why an event was turned away; `None` if it was not.
pub(crate) fn turned_away(verdict: &Verdict) -> Option<String> {
    match verdict {
        Verdict::Passed => None,
        Verdict::Rejected(rejection) => Some(match rejection.group {
            Some(group) => group.to_string(),
            None => "none of the filters".to_owned(),
        }),
        Verdict::Failed(reason) => Some(reason.to_string()),
    }
}

fn rendered(trigger: &str, expected: &Value, course: &Course, found: &mut Vec<Difference>) {
    let what = format!("rendered {trigger}");
    let firings = course
        .fired()
        .filter(|fired| fired.firing.trigger() == trigger);
    let got: Vec<Result<&Value, String>> = firings
        .map(|fired| {
            fired
                .rendered
                .as_ref()
                .map(|it| it.view())
                .map_err(ToString::to_string)
        })
        .collect();
    let compare = |expected: &Value, got: &Result<&Value, String>, what: &str| match got {
        Ok(got) => unlike(expected, got, what),
        Err(error) => vec![Difference::new(what, expected, format!("error: {error}"))],
    };
    match expected {
        _ if got.is_empty() => found.push(Difference::new(what, expected, "nothing fired")),
        Value::Array(list) if list.len() != got.len() => {
            let count = |count: usize| format!("{count} firings");
            found.push(Difference::new(what, count(list.len()), count(got.len())));
        }
        Value::Array(list) => {
            for (index, (expected, got)) in list.iter().zip(&got).enumerate() {
                found.extend(compare(expected, got, &format!("{what}[{index}]")));
            }
        }
        // One firing that fits is enough; if there is none, the last one is shown.
        expected => {
            let each = got.iter().map(|got| compare(expected, got, &what));
            let mut last = Vec::new();
            for differences in each {
                if differences.is_empty() {
                    return;
                }
                last = differences;
            }
            found.extend(last);
        }
    }
}

/// Compares the parts that are expected. Depth is that of what is expected, which the reader limits.
fn unlike(expected: &Value, got: &Value, what: &str) -> Vec<Difference> {
    match (expected, got) {
        (Value::Object(members), Value::Object(got)) => {
            let compared = members.iter().map(|(name, expected)| {
                let what = format!("{what} {name}");
                match member(got, name) {
                    Some(got) => unlike(expected, got, &what),
                    None => vec![Difference::new(what, expected, "nothing")],
                }
            });
            compared.flatten().collect()
        }
        (Value::Array(items), Value::Array(got)) if items.len() == got.len() => {
            let compared = items.iter().zip(got).enumerate();
            compared
                .flat_map(|(at, (item, got))| unlike(item, got, &format!("{what}[{at}]")))
                .collect()
        }
        // Bodies are texts; what is expected of JSON in them is compared as JSON.
        (Value::Object(_) | Value::Array(_), Value::String(text)) => {
            match serde_json::from_str::<Value>(text) {
                Ok(got @ (Value::Object(_) | Value::Array(_))) => unlike(expected, &got, what),
                _ => vec![Difference::new(what, expected, got)],
            }
        }
        _ if same(expected, got) => Vec::new(),
        _ => vec![Difference::new(what, expected, got)],
    }
}

/// Finds a member by its name, or in another case as headers may be written.
fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let alike = || {
        object
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
    };
    object.get(name).or_else(|| alike().map(|(_, value)| value))
}

fn same(expected: &Value, got: &Value) -> bool {
    match (expected.as_f64(), got.as_f64()) {
        (Some(expected), Some(got)) => expected == got,
        _ => expected == got,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(expected: Value, got: Value) -> Vec<String> {
        let differences = unlike(&expected, &got, "r");
        differences
            .iter()
            .map(|it| format!("{}: {} != {}", it.what, it.expected, it.got))
            .collect()
    }

    #[test]
    fn only_what_is_expected_is_compared() {
        let got =
            json!({"method": "POST", "headers": {"Content-Type": "a"}, "body": "{\"n\":1.0}"});
        assert!(
            shown(
                json!({"headers": {"content-type": "a"}, "body": {"n": 1}}),
                got.clone()
            )
            .is_empty()
        );
        assert_eq!(
            shown(json!({"method": "PUT"}), got.clone()),
            ["r method: \"PUT\" != \"POST\""]
        );
        assert_eq!(
            shown(json!({"body": {"n": 2}}), got.clone()),
            ["r body n: 2 != 1.0"]
        );
        assert_eq!(shown(json!({"url": "x"}), got), ["r url: \"x\" != nothing"]);
    }

    #[test]
    fn lists_are_compared_item_by_item() {
        assert!(shown(json!([{"a": 1}, 2]), json!([{"a": 1, "b": 0}, 2])).is_empty());
        assert_eq!(shown(json!([1]), json!([1, 2])).len(), 1);
    }
}
