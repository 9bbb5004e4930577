//! What manifests say about a calendar.

use super::{ExclusionDates, Ticks};
use crate::kit::ExpressionFilter;
use argo_events_core::{
    FieldPath, Problem, Problems,
    registry::{Placement, SourceConfig},
};
use argo_events_expr::duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};

/// Configures a calendar.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct CalendarConfig {
    /// Minute, hour, day of month, month and day of week, such as `30 9 * * 1-5`; wins over the interval.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub schedule: String,
    /// A Go duration, such as `10s` or `1h30m`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub interval: String,
    /// Days without events, as `EXDATE:20260101T000000Z`; several in one text are separated by commas.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclusion_dates: Vec<String>,
    /// IANA name of the zone in which the schedule is read; UTC if absent.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub timezone: String,
    /// Added to every event as `metadata`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// Remembers the last event, to catch up on those that were missed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub persistence: Option<Persistence>,
    /// Drops events for which the expression does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<ExpressionFilter>,
}

/// What happens to events that were missed while nothing ran.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Persistence {
    /// Whether missed events are published at the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catchup: Option<Catchup>,
    /// Where the reference keeps the last event; here the bus's state store does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_map: Option<ConfigMapReference>,
}

/// Publishes at the start what was missed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Catchup {
    /// Whether it does.
    pub enabled: bool,
    /// How far back, as a Go duration; without limit if absent.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub max_duration: String,
}

/// Names a ConfigMap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ConfigMapReference {
    /// Its name.
    pub name: String,
    /// Whether it is created where it is not there.
    pub create_if_not_exist: bool,
}

impl CalendarConfig {
    /// Returns how far back missed events are published: not at all, or at most this long.
    pub fn catchup(&self) -> Option<Duration> {
        let catchup = self
            .persistence
            .as_ref()?
            .catchup
            .as_ref()
            .filter(|it| it.enabled)?;
        let limit = duration::parse(&catchup.max_duration).ok();
        let limit = limit.and_then(|nanoseconds| u64::try_from(nanoseconds).ok());
        Some(limit.map_or(Duration::MAX, Duration::from_nanos))
    }

    fn validate_days(&self, path: &FieldPath, problems: &mut Problems) {
        for (index, text) in self.exclusion_dates.iter().enumerate() {
            let path = path.index(index);
            if !text.starts_with(ExclusionDates::PREFIX) {
                let message = format!("{text:?} excludes nothing");
                let help = "write EXDATE:20260101T000000Z";
                problems.push(Problem::warning(path, message).help(help));
            } else if let Err(error) = ExclusionDates::parse(std::slice::from_ref(text)) {
                problems.error(path, error.message());
            }
        }
    }

    fn validate_catchup(&self, path: &FieldPath, problems: &mut Problems) {
        let catchup = self
            .persistence
            .as_ref()
            .and_then(|persistence| persistence.catchup.as_ref());
        let limit = catchup
            .map(|catchup| &*catchup.max_duration)
            .filter(|text| !text.is_empty());
        if let Some(Err(error)) = limit.map(duration::parse) {
            let problem = Problem::error(
                path.field("catchup").field("maxDuration"),
                error.to_string(),
            );
            problems.push(problem.help("write a duration such as 6h"));
        }
    }
}

impl SourceConfig for CalendarConfig {
    const KIND: &'static str = "calendar";
    const PLACEMENT: Placement = Placement::Single;
    const EXAMPLE: &'static str = include_str!("example.yaml");

    fn validate(&self, path: &FieldPath, problems: &mut Problems) {
        self.validate_days(&path.field("exclusionDates"), problems);
        self.validate_catchup(&path.field("persistence"), problems);
        if !self.schedule.is_empty() && !self.interval.is_empty() {
            problems.warning(
                path.field("interval"),
                "is not used, because there is a schedule",
            );
        }
        if let Err(error) = Ticks::of(self) {
            let path = match error.context("field") {
                Some(field) => path.field(field),
                None => path.clone(),
            };
            problems.error(path, error.message());
        }
    }
}
