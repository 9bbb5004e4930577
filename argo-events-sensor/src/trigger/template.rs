//! Makes a trigger of its template, once or, where parameters edit the template, for each firing.

use super::decode::{Decoder, Shape};
use crate::param::{Parameters, Purpose};
use argo_events_core::{
    Error, ErrorKind, Executed, FieldPath, Firing, Problem, Problems, Registry, Rendered, Result,
    Trigger, TriggerContext, api,
    registry::{TriggerBuild, TriggerDescriptor},
};
use async_trait::async_trait;
use schemars::SchemaGenerator;
use serde::Deserialize as _;
use serde_json::Value;
use std::sync::Arc;

/// Makes the trigger of an element of a sensor's `triggers`, found at `path`.
///
/// `dependencies` are the names that its parameters may use. Policies are not looked at.
///
/// # Errors
/// Every mistake in the template, each with its place.
pub fn build(
    trigger: &api::Trigger,
    registry: &Registry,
    build: &TriggerBuild,
    dependencies: &[String],
    path: &FieldPath,
) -> Result<Arc<dyn Trigger>, Problems> {
    let mut problems = Problems::default();
    let built = build_into(trigger, registry, build, dependencies, path, &mut problems);
    match built {
        Some(built) if !problems.has_errors() => Ok(built),
        _ => Err(problems),
    }
}

fn build_into(
    trigger: &api::Trigger,
    registry: &Registry,
    build: &TriggerBuild,
    dependencies: &[String],
    path: &FieldPath,
    problems: &mut Problems,
) -> Option<Arc<dyn Trigger>> {
    let Some(template) = &trigger.template else {
        problems.error(path.field("template"), "is required");
        return None;
    };
    let templates = Templates::new(registry);
    let template = templates.respell(template, &path.field("template"), problems)?;
    let (descriptor, config) = templates.choose(&template, &path.field("template"), problems)?;
    descriptor.validate(
        &config,
        &path.field("template").field(descriptor.kind),
        problems,
    );
    if problems.has_errors() {
        return None;
    }
    let list = path.field("parameters");
    let parameters = Parameters::compile(
        &trigger.parameters,
        Purpose::Edit,
        Some(dependencies),
        &list,
    );
    let parameters = parameters.map_err(|found| problems.extend(found)).ok()?;
    if parameters.is_empty() {
        let place = path.field("template").field(descriptor.kind);
        let built = descriptor.build(&config, build);
        return built
            .map_err(|error| problems.error(place, error.to_string()))
            .ok();
    }
    let text = serde_json::to_vec(&template);
    let text = text
        .map_err(|error| problems.error(list, error.to_string()))
        .ok()?;
    let (kind, build) = (descriptor.kind, build.clone());
    Some(Arc::new(TemplatedTrigger {
        kind,
        parameters,
        text,
        templates,
        build,
    }))
}

/// Reads templates with the kinds of a registry.
#[derive(Clone, Debug)]
pub struct Templates {
    registry: Registry,
    decoder: Decoder,
}

impl Templates {
    /// Learns the kinds.
    pub fn new(registry: &Registry) -> Self {
        let mut generator = SchemaGenerator::default();
        let root = generator.subschema_for::<api::TriggerTemplate>();
        let kinds: Vec<_> = registry
            .triggers()
            .iter()
            .map(|known| {
                (
                    known.kind.to_owned(),
                    Shape::of((known.schema)(&mut generator).as_value()),
                )
            })
            .collect();
        let decoder = Decoder::of_schema(&root, generator).with_members(kinds);
        Self {
            registry: registry.clone(),
            decoder,
        }
    }

    /// Reads the text of a template.
    ///
    /// # Errors
    /// `PayloadInvalid`, permanent, when a field has another type.
    pub fn read(&self, text: &[u8]) -> Result<api::TriggerTemplate> {
        let value = self.decoder.read(text)?;
        api::TriggerTemplate::deserialize(value)
            .map_err(|error| Error::permanent(ErrorKind::PayloadInvalid, error.to_string()))
    }

    /// Spells the names of a template as its types do, and checks its types.
    fn respell(
        &self,
        template: &api::TriggerTemplate,
        path: &FieldPath,
        problems: &mut Problems,
    ) -> Option<api::TriggerTemplate> {
        let text = serde_json::to_vec(template).unwrap_or_default();
        let report = |error: Error| {
            let place = error.context("field").unwrap_or_default();
            let place = place
                .split('.')
                .fold(path.clone(), |path, name| path.field(name));
            problems.error(place, error.message());
        };
        self.read(&text).map_err(report).ok()
    }

    /// Chooses the kind of a template, the first in the registry's order, with its configuration.
    fn choose(
        &self,
        template: &api::TriggerTemplate,
        path: &FieldPath,
        problems: &mut Problems,
    ) -> Option<(&TriggerDescriptor, Value)> {
        self.report_unknown(template, path, problems);
        let config_of = |known| template.kinds.get(known).filter(|config| !config.is_null());
        let mut known = self.registry.triggers().iter();
        let found = known.find_map(|known| Some((known, config_of(known.kind)?.clone())));
        if found.is_none() {
            let names: Vec<_> = self
                .registry
                .triggers()
                .iter()
                .map(|known| known.kind)
                .collect();
            let problem = Problem::error(path.clone(), "names no kind of trigger");
            problems.push(problem.help(format!("add one of {}", names.join(", "))));
        }
        found
    }

    fn report_unknown(
        &self,
        template: &api::TriggerTemplate,
        path: &FieldPath,
        problems: &mut Problems,
    ) {
        for name in template.kinds.keys() {
            if !self
                .registry
                .triggers()
                .iter()
                .any(|known| known.kind == name)
            {
                problems.warning(path.field(name), "is not known here and has no effect");
            }
        }
    }

    /// Makes the trigger of a template that a firing edited.
    fn build(
        &self,
        template: &api::TriggerTemplate,
        build: &TriggerBuild,
    ) -> Result<Arc<dyn Trigger>> {
        let mut problems = Problems::default();
        let chosen = self.choose(template, &FieldPath::root(), &mut problems);
        let Some((descriptor, config)) = chosen else {
            let first = problems
                .iter()
                .next()
                .map(ToString::to_string)
                .unwrap_or_default();
            return Err(Error::permanent(ErrorKind::ConfigInvalid, first));
        };
        let mut build = build.clone();
        build.trigger.clone_from(&template.name);
        descriptor.build(&config, &build)
    }
}

/// A trigger whose template is edited by each firing.
#[derive(Debug)]
pub struct TemplatedTrigger {
    kind: &'static str,
    parameters: Parameters,
    /// The template as JSON.
    text: Vec<u8>,
    templates: Templates,
    build: TriggerBuild,
}

/// What a templated trigger hands from rendering to execution.
struct Inner {
    trigger: Arc<dyn Trigger>,
    rendered: Rendered,
}

impl TemplatedTrigger {
    /// Edits the template with the events of a firing.
    ///
    /// # Errors
    /// `PayloadInvalid`, permanent, when a value cannot be found or does not fit its place.
    pub fn template(&self, firing: &Firing) -> Result<api::TriggerTemplate> {
        self.templates
            .read(&self.parameters.apply(self.text.clone(), firing)?)
    }
}

#[async_trait]
impl Trigger for TemplatedTrigger {
    fn kind(&self) -> &'static str {
        self.kind
    }

    async fn render(&self, firing: &Firing) -> Result<Rendered> {
        let template = self.template(firing).inspect_err(|error| {
            tracing::error!(triggerName = firing.trigger(), %error, "failed to apply template parameters");
        })?;
        let trigger = self.templates.build(&template, &self.build)?;
        let rendered = trigger.render(firing).await?;
        let view = rendered.view().clone();
        Ok(Rendered::new(
            firing.id(),
            view,
            Inner { trigger, rendered },
        ))
    }

    async fn execute(&self, rendered: &Rendered, context: &TriggerContext) -> Result<Executed> {
        let inner = rendered.content::<Inner>().ok_or_else(|| {
            Error::permanent(
                ErrorKind::Unexpected,
                "what was rendered is no templated trigger",
            )
        })?;
        inner.trigger.execute(&inner.rendered, context).await
    }
}
