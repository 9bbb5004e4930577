//! Where a parameter's value comes from.

use super::{Documents, context};
use argo_events_core::{
    Error, ErrorKind, Event, FieldPath, Firing, Problem, Problems, Result, api::ParameterSource,
};
use argo_events_expr::gjson::{Kind, Path};
use bytes::Bytes;
use std::borrow::Cow;

/// Where a value comes from, compiled.
#[derive(Clone, Debug)]
pub struct Source {
    dependency: String,
    place: Place,
    value: Option<String>,
}

/// What of an event is meant.
#[derive(Clone, Debug)]
enum Place {
    /// All of it, or the fixed value if there is one.
    Whole,
    /// A path in its body.
    Body(Path),
    /// A path in its attributes.
    Context(Path),
}

/// A value that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved<'a> {
    /// The value as text.
    pub text: Cow<'a, [u8]>,
    /// Whether it is text in the event too, and not a number, a list or the like.
    pub is_text: bool,
    /// What sort of JSON value it is.
    pub kind: Kind,
}

impl Source {
    /// Compiles a source found at `path`. `dependencies` are the names that may be used, if known.
    pub(super) fn compile(
        source: &ParameterSource,
        dependencies: Option<&[String]>,
        path: &FieldPath,
        problems: &mut Problems,
    ) -> Option<Self> {
        check_dependency(&source.dependency_name, dependencies, path, problems);
        let place = compile_place(source, path, problems)?;
        let dependency = source.dependency_name.clone();
        Some(Self {
            dependency,
            place,
            value: source.value.clone(),
        })
    }

    /// Finds the value; `None` if the firing has no event of the dependency and there is no `value`.
    ///
    /// # Errors
    /// `PayloadInvalid`, permanent, when the event has nothing there and there is no `value`.
    pub fn resolve<'a>(
        &'a self,
        firing: &'a Firing,
        documents: &mut Documents,
    ) -> Result<Option<Resolved<'a>>> {
        let Some(event) = firing.event(&self.dependency) else {
            return Ok(self.value.as_deref().map(Resolved::text));
        };
        match (self.look_up(event, documents), &self.value) {
            (Ok(found), _) => Ok(Some(found)),
            (Err(_), Some(value)) => Ok(Some(Resolved::text(value))),
            (Err(reason), None) => Err(Error::permanent(ErrorKind::PayloadInvalid, reason)
                .with("dependency", &self.dependency)
                .with("event", event.id())),
        }
    }

    fn look_up<'a>(
        &'a self,
        event: &Event,
        documents: &mut Documents,
    ) -> Result<Resolved<'a>, String> {
        let (document, path) = match &self.place {
            Place::Whole => {
                return Ok(match &self.value {
                    Some(value) => Resolved::text(value),
                    None => Resolved::text_of(context::event_json(event)),
                });
            }
            Place::Body(path) => (documents.body(event)?, path),
            Place::Context(path) => (documents.context(event), path),
        };
        find(&document, path).ok_or_else(|| {
            format!(
                "unable to resolve '{}' parameter value. err: <nil>",
                self.dependency
            )
        })
    }

    /// Makes the error of a value whose event is not part of the firing.
    pub(super) fn absent(&self) -> Error {
        let message = "the firing has no event of the dependency; set `value` to stand in for it";
        Error::permanent(ErrorKind::PayloadInvalid, message).with("dependency", &self.dependency)
    }
}

impl<'a> Resolved<'a> {
    fn text(text: &'a str) -> Self {
        Self {
            text: Cow::Borrowed(text.as_bytes()),
            is_text: true,
            kind: Kind::String,
        }
    }

    fn text_of(text: Vec<u8>) -> Self {
        Self {
            text: Cow::Owned(text),
            is_text: true,
            kind: Kind::String,
        }
    }
}

fn find(document: &Bytes, path: &Path) -> Option<Resolved<'static>> {
    let found = path.get(document);
    if !found.exists() {
        return None;
    }
    let text = match found.kind() {
        Kind::Null => b"null".to_vec(),
        _ => found.text_bytes().into_owned(),
    };
    Some(Resolved {
        text: Cow::Owned(text),
        is_text: found.kind() == Kind::String,
        kind: found.kind(),
    })
}

fn check_dependency(
    name: &str,
    dependencies: Option<&[String]>,
    path: &FieldPath,
    problems: &mut Problems,
) {
    let Some(dependencies) = dependencies else {
        return;
    };
    if !dependencies.iter().any(|dependency| dependency == name) {
        let message = match name {
            "" => "is required".to_owned(),
            name => format!("no dependency of the trigger is called {name:?}"),
        };
        let help = format!("the trigger has {}", dependencies.join(", "));
        problems.push(Problem::warning(path.field("dependencyName"), message).help(help));
    }
}

/// Chooses what counts: the body before the attributes, a template before a key.
fn compile_place(
    source: &ParameterSource,
    path: &FieldPath,
    problems: &mut Problems,
) -> Option<Place> {
    let reads_body = !(source.data_key.is_empty() && source.data_template.is_empty());
    let (template, key, names) = if reads_body {
        (
            &source.data_template,
            &source.data_key,
            ("dataTemplate", "dataKey"),
        )
    } else {
        (
            &source.context_template,
            &source.context_key,
            ("contextTemplate", "contextKey"),
        )
    };
    if !template.is_empty() {
        let message = "templates are not supported by this build yet";
        let problem = Problem::error(path.field(names.0), message);
        problems.push(problem.help(format!("use `{}`", names.1)));
        return None;
    }
    if key.is_empty() {
        return Some(Place::Whole);
    }
    match Path::parse(key) {
        Ok(compiled) if reads_body => Some(Place::Body(compiled)),
        Ok(compiled) => Some(Place::Context(compiled)),
        Err(error) => {
            problems.error(path.field(names.1), error.to_string());
            None
        }
    }
}
