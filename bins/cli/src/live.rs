//! One or two lines for each event, as it happens.

use crate::{arguments::LogFormat, logging::clock_time, paint::Paint};
use argo_events::{
    Event, Firing,
    core::resolver::Rejection,
    sensor::{
        dependency::Verdict,
        runtime::{Ending, Observer},
    },
};
use argo_events_process::logging;
use std::{
    collections::VecDeque,
    io::Write as _,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Ids that were printed lately; several sensors may look at one event.
const REMEMBERED: usize = 256;
/// Characters of an id that are shown.
const SHOWN: usize = 8;

/// Prints what sensors decide, and counts what is under way. Programs read the log instead.
#[derive(Debug)]
pub(crate) struct Live {
    paint: Paint,
    quiet: bool,
    in_flight: AtomicU64,
    seen: Mutex<VecDeque<String>>,
}

impl Live {
    pub(crate) fn new(log: LogFormat) -> Self {
        Self {
            paint: Paint::stdout(),
            quiet: log == LogFormat::Json,
            in_flight: AtomicU64::new(0),
            seen: Mutex::default(),
        }
    }

    /// Returns how many firings have begun and not ended.
    pub(crate) fn in_flight(&self) -> u64 {
        self.in_flight.load(Ordering::Relaxed)
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
        let time = self.paint.faint(clock_time());
        // Whoever reads may have gone away; events go on.
        let _ = writeln!(std::io::stdout(), "{time} {what} {text}");
    }
}

impl Observer for Live {
    fn flush(&self) {
        logging::flush();
    }

    fn filtered(&self, sensor: &str, dependency: &str, event: &Event, verdict: &Verdict) {
        if self.quiet {
            return;
        }
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

    fn rejected(&self, _: &str, trigger: &str, event: &Event, reason: Rejection) {
        if !self.quiet {
            let what = self.paint.faint("skipped");
            let reason = reason.as_str().replace('_', " ");
            let text = format!("{trigger} does not take {}  {reason}", short(event.id()));
            self.print(&what, &text);
        }
    }

    fn fired(&self, _: &Firing) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
    }

    fn ended(&self, firing: &Firing, ending: &Ending<'_>, elapsed: Duration) {
        // What an earlier process left open was never counted as begun.
        let less = |count: u64| Some(count.saturating_sub(1));
        if !matches!(ending, Ending::Stopped) {
            let _ = (self.in_flight).fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        }
        if self.quiet {
            return;
        }
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
