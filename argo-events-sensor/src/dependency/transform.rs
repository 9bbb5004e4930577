//! Programs that change an event before it is filtered and before anything else sees it.

use crate::program::Compiled;
use argo_events_core::{Event, FieldPath, Problem, Problems, api};
use argo_events_expr::language::Language;

/// The content type of every body that was made.
const MADE: &str = "application/json";

/// What is made of the events of a dependency.
#[derive(Clone, Debug, Default)]
pub(super) struct Transform(Option<Compiled>);

impl Transform {
    pub(super) fn compile(
        transform: Option<&api::Transform>,
        path: &FieldPath,
        problems: &mut Problems,
    ) -> Self {
        let Some(transform) = transform else {
            return Self::default();
        };
        let (language, name, text) = match transform.jq.as_str() {
            "" => (Language::Lua, "script", &transform.script),
            _ => (Language::Jq, "jq", &transform.jq),
        };
        if !transform.jq.is_empty() && !transform.script.is_empty() {
            let problem = Problem::warning(path.field("script"), "has no effect beside `jq`");
            problems.push(problem.help("keep one of them"));
        }
        let compile = || Compiled::or_report(language, text, &path.field(name), problems);
        Self((!text.is_empty()).then(compile))
    }

    /// Makes the event that everything else sees; `None` if the event stays as it is.
    pub(super) fn apply(&self, event: &Event) -> Option<Result<Event, String>> {
        let (program, body) = (self.0.as_ref()?, event.data()?);
        let changed = |body| {
            event
                .to_builder()
                .data(body)
                .data_content_type(MADE)
                .build()
        };
        Some(program.reshape(body).map(changed))
    }
}
