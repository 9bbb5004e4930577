//! Rules of a dependency's filters. Their languages are checked by compiling them.

use argo_events_core::{
    FieldPath, Problem, Problems,
    api::{DataFilter, ExprFilter, Filters, TimeFilter},
};

/// Words that combine filters.
const OPERATORS: &[&str] = &["and", "or"];
/// Words that compare values.
const COMPARATORS: &[&str] = &["=", "!=", ">", ">=", "<", "<="];
/// Types of values.
const TYPES: &[&str] = &["bool", "number", "string"];

/// Checks the word that combines groups or entries.
pub(super) fn operator(path: FieldPath, word: &str, problems: &mut Problems) {
    problems.one_of(path, word, OPERATORS);
}

/// Checks the filters of a dependency.
pub(super) fn validate(filters: &Filters, path: &FieldPath, problems: &mut Problems) {
    operator(
        path.field("exprLogicalOperator"),
        &filters.expr_logical_operator,
        problems,
    );
    operator(
        path.field("dataLogicalOperator"),
        &filters.data_logical_operator,
        problems,
    );
    if *filters == Filters::default() {
        let help = "remove `filters`, or say what is to be refused";
        problems.push(Problem::warning(path.clone(), "an empty filter refuses nothing").help(help));
    }
    for (index, filter) in filters.exprs.iter().flatten().enumerate() {
        expression(filter, &path.field("exprs").index(index), problems);
    }
    for (index, filter) in filters.data.iter().flatten().enumerate() {
        data(filter, &path.field("data").index(index), problems);
    }
    if let Some(context) = &filters.context {
        let all = [
            &context.event_type,
            &context.subject,
            &context.source,
            &context.data_content_type,
        ];
        if all.iter().all(|text| text.is_empty()) {
            let help = "give at least one of: type, subject, source, datacontenttype";
            let path = path.field("context");
            problems.push(Problem::error(path, "compares nothing").help(help));
        }
    }
    if let Some(filter) = &filters.time {
        time(filter, &path.field("time"), problems);
    }
}

fn expression(filter: &ExprFilter, path: &FieldPath, problems: &mut Problems) {
    problems.require(path.field("expr"), &filter.expr);
    if filter.fields.is_empty() {
        let help = "for example { name: amount, path: body.amount }";
        problems.push(Problem::error(path.field("fields"), "at least one is needed").help(help));
    }
    for (index, field) in filter.fields.iter().enumerate() {
        let path = path.field("fields").index(index);
        problems.require(path.field("path"), &field.path);
        problems.require(path.field("name"), &field.name);
    }
}

fn data(filter: &DataFilter, path: &FieldPath, problems: &mut Problems) {
    problems.one_of(path.field("comparator"), &filter.comparator, COMPARATORS);
    problems.require(path.field("path"), &filter.path);
    problems.require(path.field("type"), &filter.value_type);
    problems.one_of(path.field("type"), &filter.value_type, TYPES);
    if filter.value.is_empty() {
        problems.error(path.field("value"), "at least one is needed");
    }
    for (index, value) in filter.value.iter().enumerate() {
        problems.require(path.field("value").index(index), value);
    }
}

fn time(filter: &TimeFilter, path: &FieldPath, problems: &mut Problems) {
    for (name, text) in [("start", &filter.start), ("stop", &filter.stop)] {
        if seconds(text).is_none() {
            let message = format!("{text:?} is no time of day");
            problems
                .push(Problem::error(path.field(name), message).help("for example \"09:30:00\""));
        }
    }
    if seconds(&filter.start).is_some_and(|start| seconds(&filter.stop) == Some(start)) {
        problems.error(
            path.field("stop"),
            "is the same as `start`, so that no time is between them",
        );
    }
    super::sensor::zone(&filter.timezone, &path.field("timezone"), problems);
}

/// Reads a time of day, as seconds: hours have one digit or two, minutes and seconds two.
fn seconds(text: &str) -> Option<u32> {
    let mut parts = text.split(':');
    let mut part = |digits: std::ops::RangeInclusive<usize>, below: u32| {
        let text = parts
            .next()
            .filter(|text| text.bytes().all(|b| b.is_ascii_digit()))?;
        text.parse()
            .ok()
            .filter(|&number: &u32| digits.contains(&text.len()) && number < below)
    };
    let (hours, minutes, seconds) = (part(1..=2, 24)?, part(2..=2, 60)?, part(2..=2, 60)?);
    parts
        .next()
        .is_none()
        .then_some(hours * 3600 + minutes * 60 + seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day_are_read_as_the_reference_reads_them() {
        assert_eq!(seconds("09:30:05"), Some(34_205));
        assert_eq!(seconds("9:30:05"), Some(34_205));
        for text in [
            "",
            "24:00:00",
            "9:30",
            "09:30:5",
            "09:60:00",
            "09:30:00:00",
            "+9:30:00",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
