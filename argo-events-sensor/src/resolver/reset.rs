//! When a trigger forgets what waits: the ticks of its `conditionsReset`.
//!
//! Only says when. Who asks is the lane: for the tick before at start (`RST-04`), for the next one
//! from then on. Any of several entries counts (`RST-05`).

use argo_events_core::{FieldPath, Problem, Problems, Timestamp, api::ConditionsReset};
use argo_events_expr::cron::{Schedule, Zone};

/// The ticks of a trigger's resets; none if it has no entries.
///
/// ```
/// use argo_events_core::{FieldPath, Problems, api::{ConditionsReset, ConditionsResetByTime}};
/// use argo_events_sensor::resolver::ResetSchedule;
///
/// let by_time = ConditionsResetByTime { cron: "0 5 * * *".into(), ..Default::default() };
/// let resets = [ConditionsReset { by_time: Some(by_time) }];
/// let mut problems = Problems::default();
/// let schedule = ResetSchedule::compile(&resets, &FieldPath::root(), &mut problems);
/// let noon = "2026-03-04T12:00:00Z".parse()?;
/// assert_eq!(schedule.previous(noon), Some("2026-03-04T05:00:00Z".parse()?));
/// assert_eq!(schedule.next(noon), Some("2026-03-05T05:00:00Z".parse()?));
/// # Ok::<(), argo_events_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ResetSchedule(Vec<Schedule>);

impl ResetSchedule {
    /// Compiles the entries at `path`; a bad one is a problem, and the others count.
    pub fn compile(resets: &[ConditionsReset], path: &FieldPath, problems: &mut Problems) -> Self {
        let mut schedules = Vec::new();
        for (index, reset) in resets.iter().enumerate() {
            match compile_entry(reset, &path.index(index).field("byTime")) {
                Ok(schedule) => schedules.push(schedule),
                Err(problem) => problems.push(problem),
            }
        }
        Self(schedules)
    }

    /// Tells whether there is no tick at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the first tick after a time; none if there is none within five years.
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let after = calendar(after);
        self.0
            .iter()
            .filter_map(|schedule| schedule.next(after))
            .min()
            .and_then(nanos)
    }

    /// Returns the last tick before a time; none if there is none within five years.
    pub fn previous(&self, before: Timestamp) -> Option<Timestamp> {
        let before = calendar(before);
        self.0
            .iter()
            .filter_map(|schedule| schedule.previous(before))
            .max()
            .and_then(nanos)
    }
}

fn compile_entry(reset: &ConditionsReset, path: &FieldPath) -> Result<Schedule, Problem> {
    let Some(by_time) = &reset.by_time else {
        return Err(Problem::error(path.clone(), "is required"));
    };
    let zone = Zone::load(&by_time.timezone).map_err(|error| {
        Problem::error(path.field("timezone"), error.to_string())
            .help("use an IANA name such as Europe/Berlin, or leave it out for UTC")
    })?;
    Schedule::parse(&by_time.cron, &zone).map_err(|error| {
        Problem::error(path.field("cron"), error.to_string())
            .help("write five fields, such as \"0 5 * * *\" for five each morning")
    })
}

fn calendar(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_nanosecond(at.as_nanos().into())
        .expect("every i64 of nanoseconds lies within jiff's range")
}

/// Converts back; nothing for a time that lies beyond what a timestamp can say.
fn nanos(at: jiff::Timestamp) -> Option<Timestamp> {
    i64::try_from(at.as_nanosecond())
        .ok()
        .map(Timestamp::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;
    use argo_events_core::api::ConditionsResetByTime;

    fn compile(entries: &[(&str, &str)]) -> (ResetSchedule, Vec<String>) {
        let reset = |(cron, timezone): &(&str, &str)| ConditionsReset {
            by_time: Some(ConditionsResetByTime {
                cron: (*cron).to_owned(),
                timezone: (*timezone).to_owned(),
            }),
        };
        let resets: Vec<_> = entries.iter().map(reset).collect();
        let path = FieldPath::root().field("conditionsReset");
        let mut problems = Problems::default();
        let schedule = ResetSchedule::compile(&resets, &path, &mut problems);
        (
            schedule,
            problems
                .iter()
                .map(|problem| problem.path.to_string())
                .collect(),
        )
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn rst_02_descriptors_and_six_fields_are_refused() {
        let (_, problems) = compile(&[
            ("@daily", ""),
            ("0 0 5 * * *", ""),
            ("TZ=Asia/Tokyo 0 5 * * *", ""),
        ]);
        assert_eq!(
            problems,
            [
                "conditionsReset[0].byTime.cron",
                "conditionsReset[1].byTime.cron"
            ]
        );
    }

    #[test]
    fn rst_03_the_zone_is_utc_unless_stated() {
        let (utc, _) = compile(&[("0 5 * * *", "")]);
        let (york, _) = compile(&[("0 5 * * *", "America/New_York")]);
        let (_, problems) = compile(&[("0 5 * * *", "Mars/Olympus")]);
        let night = at("2026-01-04T00:00:00Z");
        assert_eq!(utc.next(night), Some(at("2026-01-04T05:00:00Z")));
        assert_eq!(york.next(night), Some(at("2026-01-04T10:00:00Z")));
        assert_eq!(problems, ["conditionsReset[0].byTime.timezone"]);
    }

    #[test]
    fn rst_04_the_tick_before_lies_strictly_before() {
        let (schedule, _) = compile(&[("0 5 * * *", "")]);
        let tick = at("2026-01-04T05:00:00Z");
        assert_eq!(schedule.previous(tick), Some(at("2026-01-03T05:00:00Z")));
        assert_eq!(
            schedule.previous(tick + std::time::Duration::from_nanos(1)),
            Some(tick)
        );
    }

    #[test]
    fn rst_05_of_several_entries_the_nearest_tick_counts() {
        let (schedule, _) = compile(&[("0 5 * * *", ""), ("0 17 * * *", "")]);
        let noon = at("2026-01-04T12:00:00Z");
        assert_eq!(schedule.previous(noon), Some(at("2026-01-04T05:00:00Z")));
        assert_eq!(schedule.next(noon), Some(at("2026-01-04T17:00:00Z")));
    }

    #[test]
    fn a_bad_entry_does_not_disable_the_others() {
        let (schedule, problems) = compile(&[("nonsense", ""), ("0 17 * * *", "")]);
        assert_eq!(problems.len(), 1);
        assert!(schedule.next(Timestamp::EPOCH).is_some());
        assert!(ResetSchedule::default().is_empty());
    }
}
