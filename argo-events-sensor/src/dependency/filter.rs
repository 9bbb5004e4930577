//! All groups of a dependency's filter, and how they combine.

use super::{
    Language, Program,
    context::Context,
    data::Data,
    explain::{Stage, StageOutcome},
    exprs::Exprs,
    time::Window,
};
use argo_events_core::{
    Event, FieldPath, Problems,
    api::{Dependency, Filters},
};
use argo_events_expr::{gjson, gojson};
use std::{cell::OnceCell, fmt, sync::Arc};

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
    operator: Operator,
    exprs: Option<Exprs>,
    data: Option<Data>,
    context: Option<Context>,
    time: Option<Window>,
    script: Option<Program>,
}

/// What a filter says of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The event counts.
    Passed,
    /// The event does not count; [`Filter::explain`] tells more.
    Rejected(Rejection),
    /// The event does not count, because something about it could not be told.
    Failed(Arc<str>),
}

/// What turned an event away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejection {
    /// The first group that did not hold; `None` if none of several alternatives held.
    pub group: Option<Group>,
}

/// A group of filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Expressions over values in the body.
    Exprs,
    /// Values in the body.
    Data,
    /// Attributes.
    Context,
    /// The time of the event.
    Time,
    /// A script.
    Script,
}

/// How parts combine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Operator {
    #[default]
    And,
    Or,
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
        if let Some(transform) = &dependency.transform {
            let (language, name) = if transform.jq.is_empty() {
                (Language::Lua, "script")
            } else {
                (Language::Jq, "jq")
            };
            let text = if transform.jq.is_empty() {
                &transform.script
            } else {
                &transform.jq
            };
            let place = path.field("transform").field(name);
            problems.extend(language.compile(text, &place).err());
        }
        let mut filter = dependency
            .filters
            .as_ref()
            .map_or_else(Self::default, |filters| {
                Self::compile_groups(filters, &path.field("filters"), problems)
            });
        filter.operator = Operator::read(&dependency.filters_logical_operator);
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
            Language::Lua.compile_or_report(&filters.script, &path.field("script"), problems)
        });
        Self {
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

    /// Tells whether an event counts.
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
    pub fn explain(&self, event: &Event) -> Vec<Stage> {
        let (mut stages, body) = (Vec::new(), Body::of(event));
        if let Some(bytes) = body.bytes {
            if let Some(exprs) = &self.exprs {
                exprs.explain(bytes, body.is_valid(), &mut stages);
            }
            if let Some(data) = &self.data {
                data.explain(bytes, body.is_valid(), &mut stages);
            }
        }
        if let Some(context) = &self.context {
            context.explain(event, &mut stages);
        }
        if let Some(window) = &self.time {
            window.explain(event, &mut stages);
        }
        if let Some(Ok(holds)) = self.ask(Group::Script, event, &body) {
            stages.push(Stage {
                outcome: StageOutcome::of(holds),
                ..Stage::of(Group::Script)
            });
        }
        stages
    }
}

fn run_script(script: &Program, body: &[u8]) -> Result<bool, Cause> {
    let cause = |reason: String| Cause::of(Group::Script, &reason);
    let input = gojson::decode(body).map_err(|error| cause(error.to_string()))?;
    Ok(script.run(&input).map_err(cause)? == gojson::Value::Bool(true))
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

impl Group {
    /// The order in which groups are asked.
    const ALL: [Self; 5] = [
        Self::Exprs,
        Self::Data,
        Self::Context,
        Self::Time,
        Self::Script,
    ];

    /// Returns the name of the group in manifests.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exprs => "exprs",
            Self::Data => "data",
            Self::Context => "context",
            Self::Time => "time",
            Self::Script => "script",
        }
    }

    /// Returns the word that errors of the group begin with.
    const fn error_word(self) -> &'static str {
        match self {
            Self::Exprs => "expr",
            other => other.as_str(),
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Operator {
    /// Reads an operator; only `or` is one, everything else means `and`.
    pub(super) fn read(text: &str) -> Self {
        if text == "or" { Self::Or } else { Self::And }
    }
}

/// Why it could not be told whether an event fits; made when the filter is compiled where possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cause {
    bare: Arc<str>,
    alone: Arc<str>,
}

impl Cause {
    pub(super) fn of(group: Group, reason: &str) -> Self {
        let alone = format!("{} filter error ({reason})", group.error_word());
        Self {
            bare: reason.into(),
            alone: alone.into(),
        }
    }

    /// Returns the reason as part of others.
    pub(super) fn bare(&self) -> &str {
        &self.bare
    }

    /// Returns the reason as the only one.
    pub(super) fn alone(&self) -> Arc<str> {
        Arc::clone(&self.alone)
    }
}

/// Reasons of several entries of which one would have sufficed.
#[derive(Debug, Default)]
pub(super) struct Joined(Vec<Cause>);

impl Joined {
    pub(super) fn push(&mut self, cause: Cause) {
        self.0.push(cause);
    }

    /// Ends a list in which no entry held.
    pub(super) fn finish(self, group: Group) -> Result<bool, Cause> {
        if self.0.is_empty() {
            return Ok(false);
        }
        let reasons: Vec<_> = self.0.iter().map(Cause::bare).collect();
        let bare = reasons.join(" / ");
        let alone = format!("{} filter errors [{bare}]", group.error_word());
        Err(Cause {
            bare: bare.into(),
            alone: alone.into(),
        })
    }
}
