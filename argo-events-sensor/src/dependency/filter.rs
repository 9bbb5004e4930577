//! All groups of a dependency's filter, and how they combine.

use super::{
    Group, Rejection, Verdict,
    cause::{Cause, Operator},
    context::Context,
    data::Data,
    explain::{Stage, StageOutcome},
    exprs::Exprs,
    time::Window,
    transform::Transform,
};
use crate::program::Compiled;
use argo_events_core::{
    Event, FieldPath, Problems,
    api::{Dependency, Filters},
};
use argo_events_expr::{
    gjson,
    language::{Input, Language},
};
use std::{cell::OnceCell, sync::Arc};

/// Which events of a dependency count, compiled.
///
/// ```
/// use argo_events_core::{Event, FieldPath, api::Dependency};
/// use argo_events_sensor::dependency::{Filter, Verdict};
///
/// let dependency: Dependency = serde_json::from_str(
///     r#"{"name": "paid", "eventSourceName": "shop", "eventName": "paid", "filters": {
///         "data": [{"path": "amount", "type": "number", "comparator": ">", "value": ["100"]}]}}"#,
/// )?;
/// let filter = Filter::compile(&dependency, &FieldPath::root()).unwrap();
/// let event = |body: &str| Event::builder("1", "shop", "paid").data(body.to_owned()).build();
/// assert_eq!(filter.check(&event(r#"{"amount": 102.5}"#)), Verdict::Passed);
/// assert!(matches!(filter.check(&event(r#"{"amount": 5}"#)), Verdict::Rejected(_)));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Filter {
    transform: Transform,
    operator: Operator,
    exprs: Option<Exprs>,
    data: Option<Data>,
    context: Option<Context>,
    time: Option<Window>,
    script: Option<Compiled>,
}

impl Filter {
    /// Compiles the filter of a dependency found at `path`.
    ///
    /// # Errors
    /// Every mistake in it, each with its place, and everything that this build cannot run.
    pub fn compile(dependency: &Dependency, path: &FieldPath) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let filter = Self::compile_unchecked(dependency, path, &mut problems);
        if problems.has_errors() {
            Err(problems)
        } else {
            Ok(filter)
        }
    }

    /// Compiles what can be compiled; what cannot errs when it is reached, as in the reference.
    pub fn compile_unchecked(
        dependency: &Dependency,
        path: &FieldPath,
        problems: &mut Problems,
    ) -> Self {
        let operators = ["and", "or"];
        problems.one_of(
            path.field("filtersLogicalOperator"),
            &dependency.filters_logical_operator,
            &operators,
        );
        let mut filter = dependency
            .filters
            .as_ref()
            .map_or_else(Self::default, |filters| {
                Self::compile_groups(filters, &path.field("filters"), problems)
            });
        filter.operator = Operator::read(&dependency.filters_logical_operator);
        let place = path.field("transform");
        filter.transform = Transform::compile(dependency.transform.as_ref(), &place, problems);
        if dependency.filters.is_some() && filter.is_empty() && filter.operator == Operator::Or {
            problems.warning(
                path.field("filters"),
                "is empty, so that every event passes",
            );
        }
        filter
    }

    fn compile_groups(filters: &Filters, path: &FieldPath, problems: &mut Problems) -> Self {
        let operators = ["and", "or"];
        let (data_operator, expr_operator) = (
            &filters.data_logical_operator,
            &filters.expr_logical_operator,
        );
        problems.one_of(path.field("dataLogicalOperator"), data_operator, &operators);
        problems.one_of(path.field("exprLogicalOperator"), expr_operator, &operators);
        let exprs = filters.exprs.as_ref();
        let exprs =
            exprs.map(|list| Exprs::compile(list, expr_operator, &path.field("exprs"), problems));
        let data = filters.data.as_ref();
        let data =
            data.map(|list| Data::compile(list, data_operator, &path.field("data"), problems));
        let context = filters.context.as_ref();
        let context =
            context.map(|context| Context::compile(context, &path.field("context"), problems));
        let time = filters.time.as_ref();
        let time = time.map(|time| Window::compile(time, &path.field("time"), problems));
        let script = (!filters.script.is_empty()).then(|| {
            let place = path.field("script");
            Compiled::or_report(Language::Lua, &filters.script, &place, problems)
        });
        Self {
            transform: Transform::default(),
            operator: Operator::And,
            exprs,
            data,
            context,
            time,
            script,
        }
    }

    fn is_empty(&self) -> bool {
        self.exprs.is_none()
            && self.data.is_none()
            && self.context.is_none()
            && self.time.is_none()
            && self.script.is_none()
    }

    /// Changes an event as the dependency's `transform` says, and tells whether it counts then.
    ///
    /// The changed event is what everything else is to see; `None` if it stays as it is. An event
    /// that cannot be changed does not count.
    pub fn admit(&self, event: &Event) -> (Option<Arc<Event>>, Verdict) {
        match self.transform.apply(event) {
            None => (None, self.check(event)),
            Some(Ok(changed)) => {
                let verdict = self.check(&changed);
                (Some(Arc::new(changed)), verdict)
            }
            Some(Err(reason)) => {
                let reason = format!("transform error ({reason})");
                (None, Verdict::Failed(reason.into()))
            }
        }
    }

    /// Tells whether an event counts; a `transform` is not applied.
    pub fn check(&self, event: &Event) -> Verdict {
        if self.is_empty() {
            return Verdict::Passed;
        }
        let body = Body::of(event);
        match self.operator {
            Operator::And => self.check_all(event, &body),
            Operator::Or => self.check_any(event, &body),
        }
    }

    /// Asks every group, as the reference does: a later error counts even if an earlier group is false.
    fn check_all(&self, event: &Event, body: &Body<'_>) -> Verdict {
        let mut first = None;
        for group in Group::ALL {
            match self.ask(group, event, body) {
                None | Some(Ok(true)) => {}
                Some(Ok(false)) => first = first.or(Some(group)),
                Some(Err(cause)) => return Verdict::Failed(cause.alone()),
            }
        }
        match first {
            None => Verdict::Passed,
            group => Verdict::Rejected(Rejection { group }),
        }
    }

    /// Takes one group that holds as enough; an error counts as a group that does not hold.
    fn check_any(&self, event: &Event, body: &Body<'_>) -> Verdict {
        let mut causes: Option<Arc<str>> = None;
        for group in Group::ALL {
            match self.ask(group, event, body) {
                Some(Ok(true)) => return Verdict::Passed,
                None | Some(Ok(false)) => {}
                Some(Err(cause)) => {
                    causes = Some(match causes {
                        Some(causes) => format!("{causes} / {}", cause.alone()).into(),
                        None => cause.alone(),
                    });
                }
            }
        }
        causes.map_or(
            Verdict::Rejected(Rejection { group: None }),
            Verdict::Failed,
        )
    }

    /// Asks a group; `None` if it is absent.
    fn ask(&self, group: Group, event: &Event, body: &Body<'_>) -> Option<Result<bool, Cause>> {
        let with_body =
            |check: &dyn Fn(&[u8]) -> Result<bool, Cause>| body.bytes.map_or(Ok(true), check);
        match group {
            Group::Exprs => {
                let exprs = self.exprs.as_ref()?;
                Some(with_body(&|bytes| exprs.check(bytes, || body.is_valid())))
            }
            Group::Data => {
                let data = self.data.as_ref()?;
                Some(with_body(&|bytes| data.check(bytes, || body.is_valid())))
            }
            Group::Context => self
                .context
                .as_ref()
                .map(|context| Ok(context.holds(event))),
            Group::Time => self.time.as_ref().map(|window| window.check(event)),
            Group::Script => {
                let script = self.script.as_ref()?;
                Some(with_body(&|bytes| run_script(script, bytes)))
            }
        }
    }

    /// Shows what every part of the filter sees in an event, in the order in which they are asked.
    ///
    /// Parts that look at the body are skipped where there is none, as they are when it counts.
    pub fn explain(&self, event: &Event) -> Vec<Stage> {
        let (mut stages, body) = (Vec::new(), Body::of(event));
        for group in Group::ALL {
            self.explain_group(group, event, &body, &mut stages);
        }
        stages
    }

    fn explain_group(&self, group: Group, event: &Event, body: &Body<'_>, stages: &mut Vec<Stage>) {
        let bytes = body.bytes.unwrap_or_default();
        match (group, self.ask(group, event, body)) {
            (_, None) => {}
            (Group::Exprs | Group::Data | Group::Script, _) if body.bytes.is_none() => {
                stages.push(Stage {
                    subject: "body".to_owned(),
                    ..Stage::of(group)
                });
            }
            (Group::Exprs, _) => {
                self.exprs
                    .iter()
                    .for_each(|exprs| exprs.explain(bytes, body.is_valid(), stages));
            }
            (Group::Data, _) => {
                self.data
                    .iter()
                    .for_each(|data| data.explain(bytes, body.is_valid(), stages));
            }
            (Group::Context, _) => {
                self.context
                    .iter()
                    .for_each(|context| context.explain(event, stages));
            }
            (Group::Time, _) => self
                .time
                .iter()
                .for_each(|window| window.explain(event, stages)),
            (Group::Script, Some(verdict)) => {
                let outcome = match verdict {
                    Ok(holds) => StageOutcome::of(holds),
                    Err(cause) => StageOutcome::Error(cause.bare().to_owned()),
                };
                stages.push(Stage {
                    outcome,
                    ..Stage::of(group)
                });
            }
        }
    }
}

fn run_script(script: &Compiled, body: &[u8]) -> Result<bool, Cause> {
    let output = script.run(Input::Json(body));
    output
        .map(|output| output.is_true())
        .map_err(|reason| Cause::plain(&reason))
}

/// A body with its validity, which is found out at most once.
struct Body<'a> {
    bytes: Option<&'a [u8]>,
    valid: OnceCell<bool>,
}

impl<'a> Body<'a> {
    fn of(event: &'a Event) -> Self {
        Self {
            bytes: event.data().map(AsRef::as_ref),
            valid: OnceCell::new(),
        }
    }

    fn is_valid(&self) -> bool {
        *self
            .valid
            .get_or_init(|| self.bytes.is_some_and(gjson::valid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compile(filters: &str) -> Result<Filter, Problems> {
        let text = format!(r#"{{"name":"d","filters":{filters}}}"#);
        Filter::compile(&serde_json::from_str(&text).unwrap(), &FieldPath::root())
    }

    fn event(body: &str) -> Event {
        Event::builder("1", "shop", "paid")
            .event_type("webhook")
            .data(body.to_owned())
            .build()
    }

    const AMOUNT: &str =
        r#"{"data":[{"path":"amount","type":"number","comparator":">","value":["100"]}]}"#;

    #[test]
    fn a_missing_path_says_so_in_the_references_words() {
        let verdict = compile(AMOUNT).unwrap().check(&event("{}"));
        assert_eq!(
            verdict,
            Verdict::Failed("data filter error (path 'amount' does not exist)".into())
        );
    }

    #[test]
    fn an_event_without_a_body_passes_what_looks_at_bodies() {
        let nothing = Event::builder("1", "shop", "paid").build();
        assert_eq!(compile(AMOUNT).unwrap().check(&nothing), Verdict::Passed);
        let stages = compile(AMOUNT).unwrap().explain(&nothing);
        assert_eq!(stages[0].outcome, StageOutcome::Skipped);
    }

    #[test]
    fn with_alternatives_an_error_beside_a_group_that_holds_passes() {
        let text = r#"{"name":"d","filtersLogicalOperator":"or","filters":{
            "data":[{"path":"gone","type":"string","value":["x"]}],"context":{"type":"webhook"}}}"#;
        let filter =
            Filter::compile(&serde_json::from_str(text).unwrap(), &FieldPath::root()).unwrap();
        assert_eq!(filter.check(&event("{}")), Verdict::Passed);
    }

    #[test]
    fn an_explanation_shows_path_expectation_and_value() {
        let stages = compile(AMOUNT)
            .unwrap()
            .explain(&event(r#"{"amount":102.5}"#));
        let stage = &stages[0];
        assert_eq!((stage.group, stage.entry), (Group::Data, Some(0)));
        assert_eq!(
            (stage.subject.as_str(), stage.comparator.as_str()),
            ("amount", ">")
        );
        assert_eq!(
            (stage.expected[0].as_str(), stage.seen.as_deref()),
            ("100", Some("102.5"))
        );
        assert_eq!(stage.outcome, StageOutcome::Yes);
    }

    #[test]
    fn what_cannot_be_compiled_is_a_mistake_and_never_passes() {
        for (filters, place) in [
            (r#"{"script":"return ("}"#, "filters.script"),
            (
                r#"{"exprs":[{"expr":"a ==","fields":[{"name":"a","path":"a"}]}]}"#,
                "filters.exprs[0].expr",
            ),
            (
                r#"{"data":[{"path":"a","type":"string","value":["x"],"template":"{{ .Input"}]}"#,
                "filters.data[0].template",
            ),
        ] {
            let problems = compile(filters).unwrap_err();
            let problem = problems.iter().next().unwrap();
            assert_eq!(problem.path.to_string(), place);
            assert!(problem.span.is_some());
            let text = format!(r#"{{"name":"d","filters":{filters}}}"#);
            let dependency = serde_json::from_str(&text).unwrap();
            let mut problems = Problems::default();
            let filter = Filter::compile_unchecked(&dependency, &FieldPath::root(), &mut problems);
            assert!(
                matches!(filter.check(&event(r#"{"a":true}"#)), Verdict::Failed(_)),
                "{filters}"
            );
        }
    }

    #[test]
    fn a_transform_changes_what_the_filter_and_everything_else_see() {
        let text = r#"{"name":"d","transform":{"script":"event.n = event.n * 2 return event"},
            "filters":{"exprs":[{"expr":"n == 4","fields":[{"name":"n","path":"n"}]}]}}"#;
        let dependency = serde_json::from_str(text).unwrap();
        let filter = Filter::compile(&dependency, &FieldPath::root()).unwrap();
        let (changed, verdict) = filter.admit(&event(r#"{"n":2}"#));
        assert_eq!(verdict, Verdict::Passed);
        assert_eq!(changed.unwrap().data().unwrap(), r#"{"n":4}"#);
        let (_, verdict) = filter.admit(&event("[]"));
        assert!(matches!(verdict, Verdict::Failed(_)));
        let nothing = Event::builder("1", "shop", "paid").build();
        assert_eq!(filter.admit(&nothing), (None, Verdict::Passed));
    }

    #[test]
    fn every_mistake_is_reported_with_its_place() {
        let found = compile(
            r#"{"data":[{"path":"","type":"text","value":[]},{"path":"a","type":"string","value":["("]}],
               "time":{"start":"9","stop":"17:00:00","timezone":"Mars/Base"},"context":{}}"#,
        );
        let places: Vec<_> = found
            .unwrap_err()
            .iter()
            .map(|problem| problem.path.to_string())
            .collect();
        assert_eq!(
            places,
            [
                "filters.data[0].path",
                "filters.data[0].value",
                "filters.data[1].value[0]",
                "filters.context",
                "filters.time.timezone",
                "filters.time.start",
            ]
        );
    }
}
