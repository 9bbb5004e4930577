//! The hash by which the reference tells whether a dependency changed: `hashstructure`, format 2.
//!
//! It hashes values of Go, so that every member of a dependency is hashed here as the type it has
//! there: names of types and members, their order, nil apart from empty. The sum is 64 bits of FNV-1.

use argo_events_core::{
    Timestamp,
    api::{
        ContextFilter, DataFilter, Dependency, ExprFilter, Filters, PayloadField, TimeFilter,
        Transform,
    },
};

/// Seconds between the year 1, from which Go counts, and 1970.
const GO_EPOCH: i64 = 62_135_596_800;

/// Returns the hash of a dependency's definition.
///
/// ```
/// use argo_events_core::api::Dependency;
/// use argo_events_sensor::takeover::dependency_hash;
///
/// let dependency = Dependency::new("test-dep-1", "e2e-durable-consumer", "example1");
/// assert_eq!(dependency_hash(&dependency), 8_278_815_473_687_348_898);
/// ```
pub fn dependency_hash(dependency: &Dependency) -> u64 {
    Struct::named("EventDependency")
        .text("Name", &dependency.name)
        .text("EventSourceName", &dependency.event_source_name)
        .text("EventName", &dependency.event_name)
        .member("Filters", pointer(dependency.filters.as_ref(), filters))
        .member(
            "Transform",
            pointer(dependency.transform.as_ref(), transform),
        )
        .text(
            "FiltersLogicalOperator",
            &dependency.filters_logical_operator,
        )
        .sum()
}

fn filters(filters: &Filters) -> u64 {
    Struct::named("EventDependencyFilter")
        .member("Time", pointer(filters.time.as_ref(), time_filter))
        .member("Context", pointer(filters.context.as_ref(), context))
        .member("Data", list(filters.data.as_deref(), data_filter))
        .member("Exprs", list(filters.exprs.as_deref(), expr_filter))
        .text("DataLogicalOperator", &filters.data_logical_operator)
        .text("ExprLogicalOperator", &filters.expr_logical_operator)
        .text("Script", &filters.script)
        .sum()
}

fn time_filter(filter: &TimeFilter) -> u64 {
    Struct::named("TimeFilter")
        .text("Start", &filter.start)
        .text("Stop", &filter.stop)
        .text("Timezone", &filter.timezone)
        .sum()
}

fn context(filter: &ContextFilter) -> u64 {
    let time = Struct::named("Time").member("Time", go_time(filter.time.as_deref()));
    Struct::named("EventContext")
        .text("ID", &filter.id)
        .text("Source", &filter.source)
        .text("SpecVersion", &filter.spec_version)
        .text("Type", &filter.event_type)
        .text("DataContentType", &filter.data_content_type)
        .text("Subject", &filter.subject)
        .member("Time", time.sum())
        .sum()
}

fn data_filter(filter: &DataFilter) -> u64 {
    Struct::named("DataFilter")
        .text("Path", &filter.path)
        .text("Type", &filter.value_type)
        .member("Value", list(Some(&filter.value), |value| text(value)))
        .text("Comparator", &filter.comparator)
        .text("Template", &filter.template)
        .sum()
}

fn expr_filter(filter: &ExprFilter) -> u64 {
    Struct::named("ExprFilter")
        .text("Expr", &filter.expr)
        .member("Fields", list(Some(&filter.fields), field))
        .sum()
}

fn field(field: &PayloadField) -> u64 {
    Struct::named("PayloadField")
        .text("Path", &field.path)
        .text("Name", &field.name)
        .sum()
}

fn transform(transform: &Transform) -> u64 {
    Struct::named("EventDependencyTransformer")
        .text("JQ", &transform.jq)
        .text("Script", &transform.script)
        .sum()
}

/// Hashes a time as Go writes it in 15 bytes: version, seconds, nanoseconds, minutes of the zone.
///
/// UTC, which is the zone of pods, is written as -1 minutes.
fn go_time(time: Option<&str>) -> u64 {
    let time: Option<Timestamp> = time.and_then(|time| time.parse().ok());
    let (seconds, nanos) = time.map_or((0, 0), |time| {
        let whole = time.as_nanos().div_euclid(1_000_000_000);
        (whole + GO_EPOCH, time.as_nanos().rem_euclid(1_000_000_000))
    });
    let mut bytes = vec![1];
    bytes.extend(seconds.to_be_bytes());
    bytes.extend(&nanos.to_be_bytes()[4..]);
    bytes.extend((-1_i16).to_be_bytes());
    fnv1(&bytes)
}

/// The hash of a struct while its members are added.
struct Struct(u64);

impl Struct {
    fn named(name: &str) -> Self {
        Self(text(name))
    }

    fn member(self, name: &str, value: u64) -> Self {
        Self(finished(self.0 ^ ordered(text(name), value)))
    }

    fn text(self, name: &str, value: &str) -> Self {
        self.member(name, text(value))
    }

    fn sum(self) -> u64 {
        self.0
    }
}

fn pointer<T>(value: Option<&T>, hash: impl Fn(&T) -> u64) -> u64 {
    value.map_or_else(|| fnv1(&0_i64.to_le_bytes()), hash)
}

fn list<T>(values: Option<&[T]>, hash: impl Fn(&T) -> u64) -> u64 {
    let values = values.unwrap_or_default().iter();
    values.fold(0, |sum, value| ordered(sum, hash(value)))
}

fn text(text: &str) -> u64 {
    fnv1(text.as_bytes())
}

fn ordered(first: u64, second: u64) -> u64 {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&first.to_le_bytes());
    bytes[8..].copy_from_slice(&second.to_le_bytes());
    fnv1(&bytes)
}

fn finished(sum: u64) -> u64 {
    fnv1(&sum.to_le_bytes())
}

fn fnv1(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| hash.wrapping_mul(0x0100_0000_01b3) ^ u64::from(*byte);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_part_of_the_hash() {
        let filter = DataFilter {
            path: "metadata.baz".to_owned(),
            value_type: "string".to_owned(),
            value: vec!["1.0".to_owned()],
            ..DataFilter::default()
        };
        let filters = Filters {
            data: Some(vec![filter]),
            ..Filters::default()
        };
        let dependency = Dependency {
            filters: Some(filters),
            ..Dependency::new("test-dep-1", "e2e-calendar-metadata", "example")
        };
        assert_eq!(dependency_hash(&dependency), 13_294_049_491_643_866_067);
    }

    #[test]
    fn nothing_and_something_empty_are_not_the_same() {
        let plain = Dependency::new("a", "b", "c");
        let empty = Dependency {
            transform: Some(Transform::default()),
            ..plain.clone()
        };
        assert_ne!(dependency_hash(&plain), dependency_hash(&empty));
    }

    #[test]
    fn own_additions_are_no_part_of_it() {
        let plain = Dependency::new("a", "b", "c");
        let counted = Dependency {
            at_least: Some(3),
            ..plain.clone()
        };
        assert_eq!(dependency_hash(&plain), dependency_hash(&counted));
    }
}
