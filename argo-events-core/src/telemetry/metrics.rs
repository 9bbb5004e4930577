//! The set of metrics: series by name and labels, and their text.

use super::{
    handle::{Counter, Gauge, Summary},
    names::{self, Kind},
};
use std::{
    cmp::Ordering,
    collections::BTreeMap,
    fmt::{self, Write as _},
    sync::{Arc, RwLock},
};

/// Label names and values of one series.
pub type Labels<'a> = &'a [(&'static str, &'a str)];

/// Most series of one name; further ones are counted nowhere.
pub const MAX_SERIES: usize = 10_000;

/// A set of metrics, shared by cloning.
///
/// Handles are cheapest: look them up once, keep them where events pass. The calls that take a name
/// look the series up each time.
///
/// ```
/// use argo_events_core::telemetry::{Metrics, names};
///
/// let metrics = Metrics::new("prod");
/// let labels = [("eventsource_name", "shop"), ("event_name", "paid")];
/// let sent = metrics.counter(names::EVENTS_SENT, &labels);
/// sent.increment();
/// metrics.count(names::EVENTS_SENT, &labels, 2);
/// assert!(metrics.render().contains(
///     r#"argo_events_events_sent_total{event_name="paid",eventsource_name="shop",namespace="prod"} 3"#
/// ));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Metrics(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    namespace: Option<String>,
    families: RwLock<BTreeMap<&'static str, Family>>,
}

/// The series of one name, sorted by their labels.
#[derive(Debug)]
struct Family {
    kind: Kind,
    series: Vec<(Vec<(&'static str, String)>, Handle)>,
}

#[derive(Clone, Debug)]
enum Handle {
    Counter(Counter),
    Gauge(Gauge),
    Summary(Summary),
}

impl Metrics {
    /// Makes an empty set whose series all carry the label `namespace`.
    pub fn new(namespace: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            namespace: Some(namespace.into()),
            ..Inner::default()
        }))
    }

    /// Returns the handle of a counter, which is exposed from now on, as 0 at first.
    pub fn counter(&self, name: &'static str, labels: Labels<'_>) -> Counter {
        match self.handle(name, labels, Kind::Counter) {
            Some(Handle::Counter(counter)) => counter,
            _ => Counter::default(),
        }
    }

    /// Returns the handle of a gauge, which is exposed from now on, as 0 at first.
    pub fn gauge(&self, name: &'static str, labels: Labels<'_>) -> Gauge {
        match self.handle(name, labels, Kind::Gauge) {
            Some(Handle::Gauge(gauge)) => gauge,
            _ => Gauge::default(),
        }
    }

    /// Returns the handle of a summary, which is exposed from now on, without observations at first.
    pub fn summary(&self, name: &'static str, labels: Labels<'_>) -> Summary {
        match self.handle(name, labels, Kind::Summary) {
            Some(Handle::Summary(summary)) => summary,
            _ => Summary::default(),
        }
    }

    /// Exposes a summary that somebody observes since before there was a set of metrics.
    ///
    /// Does nothing if the series is there already, the name is of another kind, or has too many
    /// series.
    pub fn expose(&self, name: &'static str, labels: Labels<'_>, summary: &Summary) {
        self.make(name, labels, Handle::Summary(summary.clone()));
    }

    /// Adds to a counter.
    pub fn count(&self, name: &'static str, labels: Labels<'_>, by: u64) {
        self.counter(name, labels).add(by);
    }

    /// Sets a gauge.
    pub fn set(&self, name: &'static str, labels: Labels<'_>, value: f64) {
        self.gauge(name, labels).set(value);
    }

    /// Adds an observation to a summary.
    pub fn observe(&self, name: &'static str, labels: Labels<'_>, value: f64) {
        self.summary(name, labels).observe(value);
    }

    /// Stops exposing a series, such as that of a trigger that is gone.
    pub fn forget(&self, name: &str, labels: Labels<'_>) {
        let mut families = self
            .0
            .families
            .write()
            .unwrap_or_else(|broken| broken.into_inner());
        let Some(family) = families.get_mut(name) else {
            return;
        };
        if let Ok(at) = family.find(labels) {
            family.series.remove(at);
        }
    }

    /// Finds or makes a series; `None` if the name is of another kind, or has too many series.
    fn handle(&self, name: &'static str, labels: Labels<'_>, kind: Kind) -> Option<Handle> {
        let families = self
            .0
            .families
            .read()
            .unwrap_or_else(|broken| broken.into_inner());
        if let Some(family) = families.get(name)
            && let Ok(at) = family.find(labels)
        {
            return Some(family.series[at].1.clone()).filter(|handle| handle.kind() == kind);
        }
        drop(families);
        self.make(name, labels, Handle::new(kind))
    }

    /// Makes a series unless it is there, and returns its handle; `None` as in [`Self::handle`].
    fn make(&self, name: &'static str, labels: Labels<'_>, handle: Handle) -> Option<Handle> {
        let mut families = self
            .0
            .families
            .write()
            .unwrap_or_else(|broken| broken.into_inner());
        let (kind, series) = (handle.kind(), Vec::new());
        let family = families.entry(name).or_insert(Family { kind, series });
        family.make(labels, handle)
    }

    /// Writes everything in Prometheus' text format.
    pub fn render(&self) -> String {
        let families = self
            .0
            .families
            .read()
            .unwrap_or_else(|broken| broken.into_inner());
        let mut out = String::new();
        for (name, family) in &*families {
            // `build_info` stands alone in the reference too.
            let namespace = self
                .0
                .namespace
                .as_deref()
                .filter(|_| *name != names::BUILD_INFO);
            family
                .write(&mut out, name, namespace)
                .expect("writing to a string cannot fail");
        }
        out
    }
}

impl Family {
    fn find(&self, labels: Labels<'_>) -> Result<usize, usize> {
        self.series
            .binary_search_by(|(present, _)| compare(present, labels))
    }

    fn make(&mut self, labels: Labels<'_>, handle: Handle) -> Option<Handle> {
        if handle.kind() != self.kind {
            return None;
        }
        match self.find(labels) {
            Ok(at) => Some(self.series[at].1.clone()),
            Err(_) if self.series.len() >= MAX_SERIES => None,
            Err(at) => {
                let owned = labels
                    .iter()
                    .map(|(name, value)| (*name, (*value).to_owned()));
                self.series.insert(at, (owned.collect(), handle.clone()));
                Some(handle)
            }
        }
    }

    fn write(&self, out: &mut String, name: &str, namespace: Option<&str>) -> fmt::Result {
        if let Some(definition) = names::definition(name) {
            writeln!(out, "# HELP {name} {}", definition.help)?;
        }
        writeln!(out, "# TYPE {name} {}", self.kind)?;
        for (labels, handle) in &self.series {
            let labels = label_text(labels, namespace);
            match handle {
                Handle::Counter(counter) => writeln!(out, "{name}{labels} {}", counter.value())?,
                Handle::Gauge(gauge) => writeln!(out, "{name}{labels} {}", Number(gauge.value()))?,
                Handle::Summary(summary) => {
                    writeln!(out, "{name}_sum{labels} {}", Number(summary.sum()))?;
                    writeln!(out, "{name}_count{labels} {}", summary.count())?;
                }
            }
        }
        Ok(())
    }
}

impl Handle {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Counter => Self::Counter(Counter::default()),
            Kind::Gauge => Self::Gauge(Gauge::default()),
            Kind::Summary => Self::Summary(Summary::default()),
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Counter(_) => Kind::Counter,
            Self::Gauge(_) => Kind::Gauge,
            Self::Summary(_) => Kind::Summary,
        }
    }
}

fn compare(present: &[(&'static str, String)], wanted: Labels<'_>) -> Ordering {
    let present = present.iter().map(|(name, value)| (*name, value.as_str()));
    present.cmp(wanted.iter().copied())
}

/// Writes labels sorted by name, as the reference's library does.
fn label_text(labels: &[(&'static str, String)], namespace: Option<&str>) -> String {
    let mut all: Vec<_> = labels
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    all.extend(namespace.map(|namespace| ("namespace", namespace)));
    all.sort_unstable();
    let texts: Vec<_> = all
        .into_iter()
        .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
        .collect();
    if texts.is_empty() {
        String::new()
    } else {
        format!("{{{}}}", texts.join(","))
    }
}

fn escaped(value: &str) -> String {
    value
        .replace('\\', r"\\")
        .replace('"', "\\\"")
        .replace('\n', r"\n")
}

/// A number as the text format spells it.
struct Number(f64);

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            value if value == f64::INFINITY => formatter.write_str("+Inf"),
            value if value == f64::NEG_INFINITY => formatter.write_str("-Inf"),
            value => write!(formatter, "{value}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABELS: Labels<'_> = &[("sensor_name", "orders"), ("trigger_name", "say \"hi\"\n")];

    #[test]
    fn a_summary_shows_sum_and_count_alone() {
        let metrics = Metrics::default();
        metrics.observe(names::ACTION_DURATION, LABELS, 2.0);
        metrics.observe(names::ACTION_DURATION, LABELS, 1.5);
        let wanted = r#"# HELP argo_events_action_duration_milliseconds Milliseconds that an attempt of an action took
# TYPE argo_events_action_duration_milliseconds summary
argo_events_action_duration_milliseconds_sum{sensor_name="orders",trigger_name="say \"hi\"\n"} 3.5
argo_events_action_duration_milliseconds_count{sensor_name="orders",trigger_name="say \"hi\"\n"} 2
"#;
        assert_eq!(metrics.render(), wanted);
    }

    #[test]
    fn a_summary_from_elsewhere_is_exposed_once() {
        let (metrics, summary) = (Metrics::default(), Summary::default());
        summary.observe(2.0);
        let labels = [("bus_name", "local")];
        metrics.expose(names::BUS_SYNC_DURATION, &labels, &summary);
        metrics.expose(names::BUS_SYNC_DURATION, &labels, &Summary::default());
        summary.observe(3.0);
        let sum = r#"argo_events_bus_sync_duration_milliseconds_sum{bus_name="local"} 5"#;
        assert!(metrics.render().contains(sum), "{}", metrics.render());
    }

    #[test]
    fn a_handle_is_exposed_before_it_counted_anything() {
        let metrics = Metrics::new("prod");
        let _counter = metrics.counter(names::ACTION_FAILED, &[("sensor_name", "a")]);
        assert!(
            metrics
                .render()
                .ends_with("{namespace=\"prod\",sensor_name=\"a\"} 0\n")
        );
    }

    #[test]
    fn gauges_go_up_and_down_and_can_be_forgotten() {
        let metrics = Metrics::default();
        let gauge = metrics.gauge("waiting", LABELS);
        gauge.add(3.0);
        gauge.add(-1.0);
        assert!(metrics.render().ends_with(" 2\n"));
        metrics.forget("waiting", LABELS);
        assert_eq!(metrics.render(), "# TYPE waiting gauge\n");
    }

    #[test]
    fn a_name_keeps_its_first_kind() {
        let metrics = Metrics::default();
        metrics.count("mine", &[], 1);
        metrics.set("mine", &[], 7.0);
        metrics.set("mine", LABELS, 7.0);
        assert_eq!(metrics.render(), "# TYPE mine counter\nmine 1\n");
    }

    #[test]
    fn series_have_a_limit() {
        let metrics = Metrics::default();
        for index in 0..MAX_SERIES + 5 {
            metrics.count("mine", &[("id", &index.to_string())], 1);
        }
        assert_eq!(metrics.render().lines().count(), MAX_SERIES + 1);
    }

    #[test]
    fn series_from_elsewhere_have_the_same_limit() {
        let (metrics, summary) = (Metrics::default(), Summary::default());
        for index in 0..MAX_SERIES + 5 {
            metrics.expose("mine", &[("id", &index.to_string())], &summary);
        }
        assert_eq!(metrics.render().lines().count(), 2 * MAX_SERIES + 1);
    }

    #[test]
    fn threads_lose_no_observation() {
        let metrics = Metrics::default();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                let summary = metrics.summary("mine", &[]);
                scope.spawn(move || (0..1000).for_each(|_| summary.observe(1.0)));
            }
        });
        assert!(
            metrics
                .render()
                .contains("mine_sum 4000\nmine_count 4000\n")
        );
    }
}
