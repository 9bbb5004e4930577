//! Reads and checks everything that is to run. Nothing is started here.

use super::ports::{self, Needed};
use crate::{
    arguments::Run,
    exit::{Exit, Failure},
    input,
    live::Live,
    paint::counted,
};
use argo_events::{
    BuildError, Engine, Manifests, Running,
    core::telemetry::Metrics,
    engine::Builder,
    manifest::{Checks, LocalSecrets},
    sensor::runtime::Limits,
    sources::http::Listening,
};
use argo_events_process::tell_build;
use std::sync::Arc;

/// An engine without a mistake, not started yet.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) manifests: Manifests,
    pub(crate) engine: Engine,
    pub(crate) ports: Vec<Needed>,
}

/// Prepares what runs first. `fault` is one that was found elsewhere, to be told with the others.
pub(crate) fn first(
    arguments: &Run,
    live: &Arc<Live>,
    fault: Option<String>,
) -> Result<Prepared, Failure> {
    let manifests = input::read(&arguments.paths)?;
    let mut limits = Limits::default();
    limits.at_a_time = arguments.parallel;
    let builder = Engine::builder()
        .data_directory(&arguments.data_dir)
        .metrics(metrics(&manifests))
        .limits(limits)
        .observer(live.clone());
    let builder = match &arguments.bus {
        Some(url) => builder.bus_url(url),
        None => builder,
    };
    prepare(arguments, manifests, builder, &[], fault)
        .map_err(|refused| refused.failure("nothing was started"))
}

/// Prepares what is to run next, in the place of what runs.
pub(crate) fn again(arguments: &Run, running: &Running) -> Result<Prepared, Failure> {
    let (manifests, successor) = (input::read(&arguments.paths)?, running.successor());
    prepare(arguments, manifests, successor, &running.listening(), None)
        .map_err(|refused| refused.failure("nothing was changed"))
}

/// Checks everything; ports that are `ours` are free to us.
fn prepare(
    arguments: &Run,
    manifests: Manifests,
    builder: Builder,
    ours: &[Listening],
    fault: Option<String>,
) -> Result<Prepared, Refused> {
    let built = builder
        .manifests(manifests.clone())
        .checks(Checks::before_running(secrets(arguments)).strict(arguments.strict))
        .build();
    let ports = ports::needed(&manifests);
    let mut faults = ports::taken(&ports, ours);
    faults.extend(fault);
    let is_empty = manifests.event_sources.is_empty() && manifests.sensors.is_empty();
    if built.is_ok() && is_empty {
        faults.push("there is nothing to run: no EventSource and no Sensor was found".to_owned());
    }
    match built {
        Ok(engine) if faults.is_empty() => {
            warn(engine.warnings());
            Ok(Prepared {
                manifests,
                engine,
                ports,
            })
        }
        Ok(_) => Err(Refused::of(&BuildError::default(), &faults)),
        Err(error) => Err(Refused::of(&error, &faults)),
    }
}

/// Makes the metrics: their series name the namespace, and one tells the build.
fn metrics(manifests: &Manifests) -> Metrics {
    let metrics = Metrics::new(namespace(manifests));
    tell_build(&metrics);
    metrics
}

/// Returns the namespace that all objects are in that name one; `default` where they differ.
fn namespace(manifests: &Manifests) -> &str {
    let sources = manifests.event_sources.iter().map(|it| &it.metadata);
    let sensors = manifests.sensors.iter().map(|it| &it.metadata);
    let mut named = sources
        .chain(sensors)
        .map(|metadata| metadata.namespace.as_str())
        .filter(|namespace| !namespace.is_empty());
    match named.next() {
        Some(first) if named.all(|other| other == first) => first,
        _ => "default",
    }
}

fn secrets(arguments: &Run) -> LocalSecrets {
    let secrets = LocalSecrets::default().with_environment();
    match &arguments.secrets_dir {
        Some(directory) => secrets.with_directory(directory),
        None => secrets,
    }
}

fn warn(warnings: &BuildError) {
    let text = warnings.to_string();
    if !text.is_empty() {
        eprintln!("{}", text.trim_end());
    }
}

/// Every fault, and how many of them are errors.
struct Refused {
    lines: Vec<String>,
    errors: usize,
}

impl Refused {
    fn of(error: &BuildError, faults: &[String]) -> Self {
        let found = error.to_string();
        let found = found.lines().map(str::to_owned);
        let faulty = faults.iter().map(|fault| format!("error: {fault}"));
        Self {
            lines: found.chain(faulty).collect(),
            errors: error.diagnostics().errors() + error.faults().len() + faults.len(),
        }
    }

    /// Makes the failure that lists them and ends with what came of it.
    fn failure(&self, end: &str) -> Failure {
        let (lines, errors) = (self.lines.join("\n"), counted(self.errors as u64, "error"));
        Failure::listing(Exit::InputWrong, format!("{lines}\n{errors}; {end}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_namespace_is_that_of_the_manifests_if_they_agree() {
        let named = |namespaces: &[&str]| {
            let object = |namespace| {
                format!(
                    "apiVersion: argoproj.io/v1alpha1\nkind: Sensor\nmetadata: {{ name: a, namespace: {namespace} }}\nspec: {{}}\n"
                )
            };
            let texts: Vec<_> = namespaces.iter().map(object).collect();
            namespace(&Manifests::from_text("all.yaml", texts.join("---\n"))).to_owned()
        };
        assert_eq!(named(&["shop", "\"\"", "shop"]), "shop");
        assert_eq!(named(&["shop", "bank"]), "default");
        assert_eq!(named(&[]), "default");
    }
}
