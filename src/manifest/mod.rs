//! Manifests: reads objects from YAML or JSON, and finds everything that is wrong with them at once.
//!
//! [`Manifests`] holds what was read; [`Manifests::check`] compares it with the kinds of a registry
//! and gives [`Diagnostics`] with file, line and what would be right. [`LocalSecrets`] stands in for
//! the Secrets and ConfigMaps of a cluster. Running what was read is the engine's business.

mod conform;
pub mod crd;
mod diagnostics;
mod document;
mod file;
mod load;
mod located;
pub mod schema;
mod secrets;
mod suggest;
mod validate;
mod values;
mod yaml;

pub use diagnostics::{Diagnostic, Diagnostics, Excerpt};
pub use file::Place;
pub use load::{MAX_FILE_BYTES, MAX_FILES};
pub use located::Located;
pub use secrets::LocalSecrets;

use argo_events_core::{Error, ErrorKind, Registry, Result, api};
use document::{Decoded, Document, Measure, Schemas};
use file::File;
use serde_json::{Map, Value};
use std::{collections::BTreeSet, path::Path, sync::Arc};

/// What a check looks at beyond the objects themselves.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Checks {
    /// Takes fields that are not known, and keys given twice, for errors.
    pub strict: bool,
    /// What to say of references to things that are not among the manifests.
    pub absent: Absent,
    /// Secrets beside those of the manifests.
    pub secrets: Option<LocalSecrets>,
    /// Names of triggers that the program brings along; these need no kind.
    pub own_triggers: BTreeSet<String>,
    /// Sources and events that the program brings along.
    pub own_sources: BTreeSet<(String, String)>,
}

/// What to say of Secrets and buses that are referred to and not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Absent {
    /// Nothing: they are somewhere else.
    Ignored,
    /// A warning.
    #[default]
    Warned,
    /// An error for Secrets and ConfigMaps, which nobody else will bring; buses may be replaced.
    Refused,
}

impl Checks {
    /// Makes checks of what exists in a cluster, of which the manifests are a part.
    #[must_use]
    pub fn of_a_part() -> Self {
        Self {
            absent: Absent::Ignored,
            ..Self::default()
        }
    }

    /// Makes checks of manifests that are to run here, with the secrets given.
    #[must_use]
    pub fn before_running(secrets: LocalSecrets) -> Self {
        Self {
            absent: Absent::Refused,
            secrets: Some(secrets),
            ..Self::default()
        }
    }

    /// Names triggers that the program brings along; these need no kind in their manifest.
    #[must_use]
    pub fn own_triggers(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.own_triggers.extend(names.into_iter().map(Into::into));
        self
    }

    /// Names a source and an event of it that the program brings along.
    #[must_use]
    pub fn own_source(mut self, source: impl Into<String>, event: impl Into<String>) -> Self {
        self.own_sources.insert((source.into(), event.into()));
        self
    }

    /// Takes fields that are not known, and keys given twice, for errors.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }
}

/// Objects read from manifests.
///
/// ```
/// use argo_events::{core::Registry, manifest::{Checks, Manifests}};
///
/// let mut manifests = Manifests::from_text("sensor.yaml", "
/// apiVersion: argoproj.io/v1alpha1
/// kind: Sensor
/// metadata: { name: orders }
/// spec:
///   dependencies:
///     - { name: paid, eventSourceName: shop, eventName: paid }
///   triggers:
///     - template: { name: ship, conditions: payed, log: {} }
/// ");
/// assert_eq!(manifests.sensors[0].metadata.name, "orders");
/// let diagnostics = manifests.check(&Registry::default(), &Checks::default());
/// assert!(diagnostics.to_string().contains("did you mean `paid`?"));
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Manifests {
    /// EventSources that could be decoded.
    pub event_sources: Vec<Located<api::EventSource>>,
    /// Sensors that could be decoded.
    pub sensors: Vec<Located<api::Sensor>>,
    /// EventBuses that could be decoded.
    pub buses: Vec<Located<api::EventBus>>,
    /// Values of Secrets and ConfigMaps.
    pub secrets: LocalSecrets,
    files: Vec<String>,
    documents: Vec<Document>,
    /// What is wrong with texts, whatever is in them.
    faults: Diagnostics,
    /// Keys given twice.
    doubled: Diagnostics,
}

impl Manifests {
    /// Reads a text; `name` stands for it in diagnostics.
    #[must_use]
    pub fn from_text(name: impl Into<String>, text: impl Into<String>) -> Self {
        let mut manifests = Self::default();
        manifests.add(&File::new(name.into(), text.into()));
        manifests
    }

    /// Reads a file, or every `.yaml`, `.yml` and `.json` file of a folder and of those in it.
    ///
    /// # Errors
    /// `NotFound` or `ConfigInvalid`, permanent, when the path cannot be read at all. What is wrong
    /// within a folder, or with a text, is among the diagnostics of [`Self::check`].
    pub fn from_path(path: impl AsRef<Path>) -> Result<Self> {
        Self::from_paths([path])
    }

    /// Reads files and folders, as [`Self::from_path`] does.
    ///
    /// # Errors
    /// As [`Self::from_path`], for the first path that cannot be read.
    pub fn from_paths<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Result<Self> {
        let mut manifests = Self::default();
        for path in paths {
            manifests.load(path.as_ref())?;
        }
        Ok(manifests)
    }

    /// Reads texts, each with what stands for it in diagnostics, and checks them: what
    /// [`Self::from_text`] and [`Self::check`] do one after the other, with half the work.
    ///
    /// A registry that [keeps](Registry::keeping) what is derived from it saves most of the rest.
    pub fn checked<T: Into<String>>(
        texts: impl IntoIterator<Item = (&'static str, T)>,
        registry: &Registry,
        checks: &Checks,
    ) -> (Self, Diagnostics) {
        let mut manifests = Self::default();
        for (name, text) in texts {
            manifests.read(&File::new(name.to_owned(), text.into()));
        }
        let diagnostics = manifests.check(registry, checks);
        (manifests, diagnostics)
    }

    /// Adds what was read elsewhere.
    pub fn extend(&mut self, other: Self) {
        self.event_sources.extend(other.event_sources);
        self.sensors.extend(other.sensors);
        self.buses.extend(other.buses);
        self.secrets.extend(other.secrets);
        self.files.extend(other.files);
        self.documents.extend(other.documents);
        self.faults.extend(other.faults);
        self.doubled.extend(other.doubled);
    }

    /// Returns the names of what was read, in order.
    pub fn files(&self) -> &[String] {
        &self.files
    }

    /// Tells whether no object was read that this project knows.
    pub fn is_empty(&self) -> bool {
        self.event_sources.is_empty() && self.sensors.is_empty() && self.buses.is_empty()
    }

    fn add(&mut self, file: &Arc<File>) {
        let schemas = Schemas::default();
        let first = self.documents.len();
        self.read(file);
        for document in self.documents.split_off(first) {
            let decoded = document.decode(Measure::Envelope(&schemas), false);
            self.keep(&document, decoded.decoded);
            self.documents.push(document);
        }
    }

    /// Takes the objects of a file as they are.
    fn read(&mut self, file: &Arc<File>) {
        self.files.push(file.name.clone());
        let documents = document::read(file, &mut self.faults, &mut self.doubled);
        self.documents.extend(documents);
    }

    fn keep(&mut self, document: &Document, decoded: Option<Decoded>) {
        let origin = || document.origin.clone();
        match decoded {
            Some(Decoded::EventSource(value)) => {
                self.event_sources.push(Located::new(value, origin()))
            }
            Some(Decoded::Sensor(value)) => self.sensors.push(Located::new(value, origin())),
            Some(Decoded::EventBus(value)) => self.buses.push(Located::new(value, origin())),
            Some(Decoded::Values(values)) => self.secrets.extend(values),
            None => {}
        }
    }

    /// Checks everything against the kinds of a registry, and decodes the objects again by them.
    ///
    /// Finds all mistakes of all objects; one of them does not hide the others. Without an error
    /// among the diagnostics, the objects can be run by a build with these kinds.
    #[must_use]
    pub fn check(&mut self, registry: &Registry, checks: &Checks) -> Diagnostics {
        let schemas = registry.derived(Schemas::default);
        let measure = Measure::Whole(&schemas, registry);
        let mut diagnostics = self.doubled.clone();
        if checks.strict {
            diagnostics.harden();
        }
        diagnostics.extend(self.faults.clone());
        (self.event_sources, self.sensors, self.buses) = Default::default();
        self.secrets = LocalSecrets::default();
        let mut examined = Vec::with_capacity(self.documents.len());
        for document in self.documents.clone() {
            let outcome = document.decode(measure, checks.strict);
            self.keep(&document, outcome.decoded.clone());
            examined.push((document, outcome));
        }
        for (document, outcome) in &examined {
            let problems = validate::document(self, document, outcome, registry, checks);
            diagnostics.extend(
                problems
                    .iter()
                    .map(|problem| document.origin.diagnostic(problem)),
            );
        }
        diagnostics.sort(&self.files);
        diagnostics
    }
}

/// Reads the first document of a YAML text as JSON, with the words of YAML that Kubernetes has.
///
/// An empty text is an empty object.
///
/// # Errors
/// `ConfigInvalid`, permanent, for a text that is no YAML or has no counterpart in JSON.
pub fn value_of(text: &str) -> Result<Value> {
    let (documents, faults) = yaml::read(text);
    if let Some(fault) = faults.iter().find(|fault| !fault.warning) {
        let line = text
            .get(..fault.offset)
            .unwrap_or(text)
            .matches('\n')
            .count()
            + 1;
        let error = Error::permanent(ErrorKind::ConfigInvalid, fault.message.clone());
        return Err(error.during("read YAML").with("line", line.to_string()));
    }
    let first = documents.first().map(|document| document.value());
    Ok(first.unwrap_or_else(|| Value::Object(Map::new())))
}

#[cfg(test)]
mod tests;
