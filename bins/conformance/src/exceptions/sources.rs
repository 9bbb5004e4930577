//! Rules of sources other than over HTTP.

use super::Rule;
use argo_events_expr::duration;

/// A calendar whose times never come, or never go on.
pub const CALENDAR_WITHOUT_PROGRESS: Rule = Rule {
    name: "misc: calendars that make no progress",
    reason: "the reference ticks without end at a time that never comes, or every moment",
    required: "a refusal when the calendar is made",
    applies: |vector| {
        const SECOND: i64 = 1_000_000_000;
        let text = |name: &str| vector["in"][name].as_str().unwrap_or_default();
        let fields: Vec<_> = text("schedule").split_whitespace().collect();
        let never_comes = matches!(fields.as_slice(), [_, _, "30" | "31", "2", _]);
        let is_short = duration::parse(text("interval")).is_ok_and(|interval| interval < SECOND);
        never_comes || (text("schedule").is_empty() && is_short)
    },
};

/// A number that is no port.
pub const WEBHOOK_PORT: Rule = Rule {
    name: "misc: webhooks on a port that does not exist",
    reason: "the reference checks for any integer, and fails when it listens",
    required: "a mistake that names the port",
    applies: |vector| {
        let port = vector["in"]["port"].as_str().unwrap_or_default();
        port.parse::<i64>()
            .is_ok_and(|port| !(0..=65535).contains(&port))
    },
};
