//! Filters by attributes: equality where something is expected.

use super::Group;
use super::explain::{Stage, StageOutcome};
use argo_events_core::{Event, FieldPath, Problem, Problems, api::ContextFilter};

/// Where an attribute is.
type Attribute = fn(&Event) -> &str;

/// Attributes that must be equal where they are not empty.
#[derive(Clone, Debug)]
pub(super) struct Context(ContextFilter);

impl Context {
    pub(super) fn compile(
        filter: &ContextFilter,
        path: &FieldPath,
        problems: &mut Problems,
    ) -> Self {
        let context = Self(filter.clone());
        if context
            .expected()
            .iter()
            .all(|(_, expected, _)| expected.is_empty())
        {
            let problem = Problem::error(path.clone(), "compares nothing");
            problems.push(problem.help("name a type, subject, source or datacontenttype"));
        }
        context
    }

    pub(super) fn holds(&self, event: &Event) -> bool {
        self.expected()
            .iter()
            .all(|(_, expected, seen)| expected.is_empty() || *expected == seen(event))
    }

    /// Lists names, what is expected and where to look.
    fn expected(&self) -> [(&'static str, &str, Attribute); 4] {
        let filter = &self.0;
        [
            ("type", &filter.event_type, Event::event_type),
            ("subject", &filter.subject, Event::subject),
            ("source", &filter.source, Event::source),
            (
                "datacontenttype",
                &filter.data_content_type,
                Event::data_content_type,
            ),
        ]
    }

    pub(super) fn explain(&self, event: &Event, stages: &mut Vec<Stage>) {
        let stated = self
            .expected()
            .into_iter()
            .filter(|(_, expected, _)| !expected.is_empty());
        stages.extend(stated.map(|(name, expected, seen)| Stage {
            group: Group::Context,
            entry: None,
            subject: name.to_owned(),
            comparator: "=".to_owned(),
            expected: vec![expected.to_owned()],
            seen: Some(seen(event).to_owned()),
            value: None,
            outcome: StageOutcome::of(expected == seen(event)),
        }));
    }
}
