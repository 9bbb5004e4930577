//! Rules of triggers, those of last resort included.

use super::{Context, parameter, sensor};
use argo_events_core::{
    FieldPath, Problem, Problems,
    api::{Policy, RateLimit, Trigger, TriggerTemplate},
};
use argo_events_expr::cron::{Schedule, Zone};

/// Units of a rate limit.
const UNITS: &[&str] = &["Second", "Minute", "Hour"];
/// Most triggers of last resort behind one another.
const MOST_DEAD_LETTERS: usize = 8;

/// Checks a trigger and those of last resort behind it.
pub(super) fn validate(
    trigger: &Trigger,
    path: &FieldPath,
    context: &Context<'_>,
    problems: &mut Problems,
) {
    let (mut trigger, mut path) = (trigger, path.clone());
    for _ in 0..MOST_DEAD_LETTERS {
        one(trigger, &path, context, problems);
        let Some(next) = &trigger.dlq_trigger else {
            return;
        };
        path = path.field("dlqTrigger");
        trigger = next;
    }
    problems.error(
        path,
        format!("more than {MOST_DEAD_LETTERS} triggers of last resort"),
    );
}

fn one(trigger: &Trigger, path: &FieldPath, context: &Context<'_>, problems: &mut Problems) {
    let template_path = path.field("template");
    match &trigger.template {
        None => problems.error(template_path, "is required"),
        Some(template) => self::template(template, &template_path, context, problems),
    }
    parameter::of_template(
        &trigger.parameters,
        &path.field("parameters"),
        context,
        problems,
    );
    if let Some(policy) = &trigger.policy {
        let template = trigger.template.as_ref();
        self::policy(policy, template, &path.field("policy"), problems);
    }
    if let Some(backoff) = &trigger.retry_strategy {
        backoff.validate(&path.field("retryStrategy"), problems);
    }
    if let Some(limit) = &trigger.rate_limit {
        rate_limit(limit, &path.field("rateLimit"), problems);
    }
}

fn template(
    template: &TriggerTemplate,
    path: &FieldPath,
    context: &Context<'_>,
    problems: &mut Problems,
) {
    problems.require(path.field("name"), &template.name);
    for (index, reset) in template.conditions_reset.iter().enumerate() {
        let path = path.field("conditionsReset").index(index).field("byTime");
        match &reset.by_time {
            None => problems.push(
                Problem::error(path, "is required").help("for example { cron: \"0 6 * * *\" }"),
            ),
            Some(by_time) => schedule(&by_time.cron, &by_time.timezone, &path, problems),
        }
    }
    kinds(template, path, context, problems);
}

fn schedule(cron: &str, zone: &str, path: &FieldPath, problems: &mut Problems) {
    sensor::zone(zone, &path.field("timezone"), problems);
    if let Err(error) = Schedule::parse(cron, &Zone::utc()) {
        let problem = Problem::error(path.field("cron"), error.to_string());
        problems.push(problem.help("minute, hour, day, month, weekday: \"0 6 * * *\""));
    }
}

/// Checks what the trigger does. The first kind in the registry's order counts, as in the reference.
fn kinds(
    template: &TriggerTemplate,
    path: &FieldPath,
    context: &Context<'_>,
    problems: &mut Problems,
) {
    let known = context.registry.triggers();
    let mut present = known
        .iter()
        .filter(|one| template.kinds.contains_key(one.kind));
    let Some(first) = present.next() else {
        if template.kinds.is_empty() && !context.checks.own_triggers.contains(&template.name) {
            let kinds: Vec<_> = known.iter().map(|one| one.kind).collect();
            let problem = Problem::error(path.clone(), "no kind of trigger is given");
            problems.push(problem.help(format!("use one of: {}", kinds.join(", "))));
        }
        return;
    };
    for one in std::iter::once(first).chain(present) {
        let (config, path) = (&template.kinds[one.kind], path.field(one.kind));
        if one.kind != first.kind {
            let message = format!("has no effect: `{}` comes first", first.kind);
            problems.warning(path.clone(), message);
        }
        one.validate(config, &path, problems);
        parameter::of_kind((one.kind, config), &path, context, problems);
    }
}

/// Checks that a policy says what success is, where the trigger's kind has such a policy.
fn policy(
    policy: &Policy,
    template: Option<&TriggerTemplate>,
    path: &FieldPath,
    problems: &mut Problems,
) {
    let has = |kinds: &[&str]| {
        template.is_some_and(|template| kinds.iter().any(|kind| template.kinds.contains_key(*kind)))
    };
    if let Some(backoff) = policy.k8s.as_ref().and_then(|k8s| k8s.backoff.as_ref()) {
        backoff.validate(&path.field("k8s").field("backoff"), problems);
    }
    if let Some(k8s) = policy
        .k8s
        .as_ref()
        .filter(|_| has(&["k8s", "argoWorkflow"]))
        && k8s.labels.is_none()
    {
        problems.error(path.field("k8s").field("labels"), "is required");
    }
    if let Some(status) = policy
        .status
        .as_ref()
        .filter(|_| has(&["http", "awsLambda"]))
        && status.allow.is_none()
    {
        let problem = Problem::error(path.field("status").field("allow"), "is required");
        problems.push(problem.help("for example [200, 201]"));
    }
}

fn rate_limit(limit: &RateLimit, path: &FieldPath, problems: &mut Problems) {
    if limit.requests_per_unit <= 0 {
        let message = format!("{} requests would never be made", limit.requests_per_unit);
        problems.push(Problem::error(path.field("requestsPerUnit"), message).help("use 1 or more"));
    }
    problems.one_of(path.field("unit"), &limit.unit, UNITS);
}
