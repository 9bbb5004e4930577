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

/// Makes the trigger of an element of a sensor's `triggers`, found at `path`, after checking it.
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
    let made = build_reporting(trigger, registry, build, dependencies, path, &mut problems);
    made.ok_or(problems)
}

/// Makes a trigger as [`build()`] does, and tells warnings too; without one there is an error among
/// the problems.
pub(crate) fn build_reporting(
    trigger: &api::Trigger,
    registry: &Registry,
    build: &TriggerBuild,
    dependencies: &[String],
    path: &FieldPath,
    problems: &mut Problems,
) -> Option<Arc<dyn Trigger>> {
    let mut check = |descriptor: &TriggerDescriptor, config: &Value, place: &FieldPath| {
        let mut found = Problems::default();
        descriptor.validate(config, place, &mut found);
        found
    };
    let assembly = Assembly {
        trigger,
        build,
        dependencies,
        path,
    };
    assembly.make(registry, problems, &mut check)
}

/// Makes a trigger as [`build()`] does, but without the checks that the reference leaves to `lint`.
///
/// # Errors
/// What keeps the trigger from being made, with its place.
pub fn build_unchecked(
    trigger: &api::Trigger,
    registry: &Registry,
    build: &TriggerBuild,
    dependencies: &[String],
    path: &FieldPath,
) -> Result<Arc<dyn Trigger>, Problems> {
    let mut problems = Problems::default();
    let mut check = |_: &TriggerDescriptor, _: &Value, _: &FieldPath| Problems::default();
    let made = Assembly {
        trigger,
        build,
        dependencies,
        path,
    }
    .make(registry, &mut problems, &mut check);
    made.ok_or(problems)
}

type Check<'a> = dyn FnMut(&TriggerDescriptor, &Value, &FieldPath) -> Problems + 'a;

/// What a trigger is made of.
struct Assembly<'a> {
    trigger: &'a api::Trigger,
    build: &'a TriggerBuild,
    dependencies: &'a [String],
    path: &'a FieldPath,
}

impl Assembly<'_> {
    fn make(
        &self,
        registry: &Registry,
        problems: &mut Problems,
        check: &mut Check<'_>,
    ) -> Option<Arc<dyn Trigger>> {
        let place = self.path.field("template");
        let Some(template) = &self.trigger.template else {
            problems.error(place, "is required");
            return None;
        };
        let templates = Templates::new(registry);
        templates.report_unknown(template, &place, problems);
        let template = templates.respell(template, &place, problems)?;
        let (descriptor, config) = templates.choose(&template, &place, problems)?;
        if !descriptor.is_available() {
            let message = format!("this build cannot run triggers of kind {}", descriptor.kind);
            problems.error(place.field(descriptor.kind), message);
            return None;
        }
        let found = check(descriptor, &config, &place.field(descriptor.kind));
        let parameters = self.parameters(problems);
        let is_wrong = found.has_errors();
        problems.extend(found);
        let parameters = parameters.filter(|_| !is_wrong)?;
        if parameters.is_empty() {
            let built = descriptor.build(&config, self.build);
            let report =
                |error: Error| problems.error(place.field(descriptor.kind), error.to_string());
            return built.map_err(report).ok();
        }
        let kind = descriptor.kind;
        let text = serde_json::to_vec(&template);
        let text = text
            .map_err(|error| problems.error(place, error.to_string()))
            .ok()?;
        Some(Arc::new(TemplatedTrigger {
            kind,
            parameters,
            text,
            templates,
            build: self.build.clone(),
        }))
    }

    fn parameters(&self, problems: &mut Problems) -> Option<Parameters> {
        let (list, place) = (&self.trigger.parameters, self.path.field("parameters"));
        let (known, mut found) = (Some(self.dependencies), Problems::default());
        let compiled =
            Parameters::compile_unchecked(list, Purpose::Edit, known, &place, &mut found);
        let is_wrong = found.has_errors();
        problems.extend(found);
        (!is_wrong).then_some(compiled)
    }
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
        let decoder = Decoder::of_schema(&root, generator)
            .with_members(kinds)
            .dropping_unknown();
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

impl Inner {
    fn of(rendered: &Rendered) -> Result<&Self> {
        rendered.content().ok_or_else(|| {
            Error::permanent(
                ErrorKind::Unexpected,
                "what was rendered is no templated trigger",
            )
        })
    }
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
        let inner = Inner { trigger, rendered };
        Ok(Rendered::of(firing, inner, |inner| {
            inner.rendered.view().clone()
        }))
    }

    async fn execute(&self, rendered: &Rendered, context: &TriggerContext) -> Result<Executed> {
        let inner = Inner::of(rendered)?;
        inner.trigger.execute(&inner.rendered, context).await
    }

    async fn refresh(&self, rendered: &Rendered, executed: &Executed) -> Result<Executed> {
        let inner = Inner::of(rendered)?;
        inner.trigger.refresh(&inner.rendered, executed).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use argo_events_core::{
        Event, SystemClock,
        resolver::{Held, Shape as Names},
        secret::MemorySecrets,
    };

    fn make(trigger: &str) -> Result<Arc<dyn Trigger>, Vec<String>> {
        let registry = crate::trigger::descriptors()
            .into_iter()
            .fold(Registry::default(), Registry::with);
        let secrets = Arc::new(MemorySecrets::default());
        let surroundings = TriggerBuild::new("orders", "ship", secrets, Arc::new(SystemClock));
        let trigger: api::Trigger = serde_json::from_str(trigger).unwrap();
        build(
            &trigger,
            &registry,
            &surroundings,
            &["paid".to_owned()],
            &FieldPath::root(),
        )
        .map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    fn firing(body: &str) -> Firing {
        let (sensor, trigger) = ("orders".to_owned(), "ship".to_owned());
        let shape = Names {
            sensor,
            trigger,
            dependencies: vec!["paid".to_owned()],
        };
        let event = Arc::new(
            Event::builder("77", "shop", "paid")
                .data(body.to_owned())
                .build(),
        );
        Firing::new(
            Arc::new(shape),
            [Held {
                dependency: 0,
                event,
            }],
        )
    }

    #[cfg(feature = "http")]
    #[tokio::test]
    async fn parameters_edit_the_whole_template_before_it_is_used() {
        let trigger = make(
            r#"{"template":{"name":"ship","http":{"url":"http://h/","method":"GET"}},"parameters":[
                {"src":{"dependencyName":"paid","dataKey":"path"},"dest":"http.url","operation":"append"},
                {"src":{"dependencyName":"paid","value":"PUT"},"dest":"HTTP.Method"}]}"#,
        );
        let rendered = trigger
            .unwrap()
            .render(&firing(r#"{"path":"a b"}"#))
            .await
            .unwrap();
        assert_eq!(rendered.view()["url"], "http://h/a%20b");
        assert_eq!(rendered.view()["method"], "PUT");
    }

    #[cfg(feature = "http")]
    #[tokio::test]
    async fn a_value_of_another_type_fails_the_attempt_and_names_the_field() {
        let trigger = make(
            r#"{"template":{"name":"ship","http":{"url":"http://h/"}},"parameters":[
                {"src":{"dependencyName":"paid","dataKey":"n"},"dest":"http.timeout"}]}"#,
        );
        let error = trigger
            .unwrap()
            .render(&firing(r#"{"n":5}"#))
            .await
            .unwrap_err();
        assert_eq!(error.context("field"), Some("http.timeout"));
    }

    #[test]
    #[cfg(feature = "http")]
    fn of_several_kinds_the_first_in_the_references_order_counts() {
        let trigger = make(r#"{"template":{"name":"ship","log":{},"http":{"url":"http://h/"}}}"#);
        assert_eq!(trigger.unwrap().kind(), "http");
    }

    #[test]
    fn kinds_are_tried_in_the_references_order() {
        let known = crate::trigger::descriptors();
        let kinds: Vec<_> = known.iter().map(|known| known.kind).collect();
        let wanted = [
            "k8s",
            "argoWorkflow",
            "http",
            "awsLambda",
            "azureEventHubs",
            "azureServiceBus",
            "kafka",
            "pulsar",
            "nats",
            "slack",
            "openWhisk",
            "custom",
            "log",
            "email",
        ];
        assert_eq!(kinds, wanted);
    }

    #[test]
    fn what_cannot_be_run_or_is_no_kind_is_a_mistake() {
        let of = |template: &str| {
            make(&format!(r#"{{"template":{{"name":"ship",{template}}}}}"#))
                .err()
                .unwrap()
        };
        assert_eq!(
            of(r#""email":{}"#),
            ["template.email: this build cannot run triggers of kind email"]
        );
        assert!(
            of(r#""htp":{}"#)
                .iter()
                .any(|problem| problem.contains("names no kind of trigger"))
        );
        assert!(
            of(r#""http":{"timeout":"x"}"#)[0]
                .starts_with("template.http.timeout: takes an integer")
        );
        assert_eq!(make("{}").err().unwrap(), ["template: is required"]);
    }
}
