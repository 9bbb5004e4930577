//! One or two lines for each event, as it happens.

use crate::paint::Paint;
use argo_events::{
    Clock, Event, Firing, SystemClock,
    sensor::{
        dependency::Verdict,
        runtime::{Ending, Observer},
    },
};
use std::{
    collections::VecDeque,
    io::Write as _,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Ids that were printed lately; several sensors may look at one event.
const REMEMBERED: usize = 256;
/// Characters of an id that are shown.
const SHOWN: usize = 8;

/// Prints what sensors decide.
#[derive(Debug)]
pub(crate) struct Live {
    paint: Paint,
    seen: Mutex<VecDeque<String>>,
}

impl Live {
    pub(crate) fn new() -> Self {
        Self {
            paint: Paint::stdout(),
            seen: Mutex::default(),
        }
    }

    fn is_new(&self, event: &Event) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.iter().any(|id| id == event.id()) {
            return false;
        }
        if seen.len() >= REMEMBERED {
            seen.pop_front();
        }
        seen.push_back(event.id().to_owned());
        true
    }

    fn print(&self, what: &str, text: &str) {
        let now = SystemClock.now().truncated_to_seconds().to_string();
        let time = now.get(11..19).unwrap_or_default();
        // Whoever reads may have gone away; events go on.
        let _ = writeln!(
            std::io::stdout(),
            "{} {what} {text}",
            self.paint.faint(time)
        );
    }
}

impl Observer for Live {
    fn filtered(&self, sensor: &str, dependency: &str, event: &Event, verdict: &Verdict) {
        if self.is_new(event) {
            let size = event.data().map_or(0, |data| data.len());
            let subject = format!("{}/{}", event.source(), event.subject());
            self.print(
                "event  ",
                &format!("{subject}  {}  {size} B", short(event.id())),
            );
        }
        if let Some(reason) = reason(verdict) {
            let what = self.paint.faint("skipped");
            self.print(
                &what,
                &format!("{sensor}: {dependency} {}  {reason}", short(event.id())),
            );
        }
    }

    fn ended(&self, firing: &Firing, ending: &Ending<'_>, elapsed: Duration) {
        let events: Vec<_> = firing
            .events()
            .map(|(name, event)| format!("{name} {}", short(event.id())))
            .collect();
        let events = events.join(", ");
        let trigger = firing.trigger();
        let took = format!("{:.1} ms", elapsed.as_secs_f64() * 1000.0);
        match ending {
            Ending::Succeeded { status } => {
                let status = status.map_or_else(String::new, |status| format!("  → {status}"));
                let text = format!("{trigger}  in {took}  ({events}){status}");
                self.print(&self.paint.good("fired  "), &text);
            }
            Ending::Failed {
                error,
                dead_lettered,
            } => {
                let rest = if *dead_lettered {
                    "; the dead letter took it"
                } else {
                    ""
                };
                let text = format!("{trigger}  after {took}  ({events})  {error}{rest}");
                self.print(&self.paint.bad("failed "), &text);
            }
            _ => self.print("stopped", &format!("{trigger}  ({events})  comes again")),
        }
    }
}

/// Why an event does not count; the `test` command tells more.
fn reason(verdict: &Verdict) -> Option<String> {
    match verdict {
        Verdict::Passed => None,
        Verdict::Rejected(rejection) => Some(match rejection.group {
            Some(group) => format!("filter {group} says no"),
            None => "no filter says yes".to_owned(),
        }),
        Verdict::Failed(reason) => Some(reason.to_string()),
    }
}

fn short(id: &str) -> String {
    match id.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &id[..end]),
        None => id.to_owned(),
    }
}
