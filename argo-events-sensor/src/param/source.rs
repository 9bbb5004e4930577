//! Where a parameter's value comes from.

use super::{Documents, context};
use crate::program::{self, Compiled, GAVE_NOTHING};
use argo_events_core::{
    Error, ErrorKind, Event, FieldPath, Firing, Problem, Problems, Result, api::ParameterSource,
};
use argo_events_expr::{
    gjson::{Kind, Path},
    language::{Input, Language, Mistake, Output},
};
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
    /// Something in a document of it: what a template makes of it, or else what is at a path.
    Within {
        document: Document,
        template: Option<Template>,
        key: Option<Path>,
    },
    /// Nothing that can be found; says why.
    Nowhere(String),
}

/// A template with its text, which messages name.
#[derive(Clone, Debug)]
struct Template {
    text: String,
    compiled: Compiled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Document {
    Body,
    Context,
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
    ///
    /// What is wrong is reported, and errs when the value is asked for.
    pub fn compile(
        source: &ParameterSource,
        dependencies: Option<&[String]>,
        path: &FieldPath,
        problems: &mut Problems,
    ) -> Self {
        check_dependency(&source.dependency_name, dependencies, path, problems);
        Self {
            dependency: source.dependency_name.clone(),
            place: Place::compile(source, path, problems),
            value: source.value.clone(),
        }
    }

    /// Makes a source that is not stated.
    pub(super) fn missing() -> Self {
        let place = Place::Nowhere("the parameter has no src".to_owned());
        Self {
            dependency: String::new(),
            place,
            value: None,
        }
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
        if let Place::Nowhere(reason) = &self.place {
            return Err(Error::permanent(ErrorKind::ConfigInvalid, reason));
        }
        let Some(event) = firing.event(&self.dependency) else {
            return Ok(self.value.as_deref().map(Resolved::fixed));
        };
        match (self.look_up(event, documents), &self.value) {
            (Ok(found), _) => Ok(Some(found)),
            (Err(_), Some(value)) => Ok(Some(Resolved::fixed(value))),
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
        let (document, template, key) = match (&self.place, &self.value) {
            (
                Place::Within {
                    document,
                    template,
                    key,
                },
                _,
            ) => (document, template, key),
            (_, Some(value)) => return Ok(Resolved::fixed(value)),
            (_, None) => return Ok(Resolved::made(context::event_json(event))),
        };
        let document = match document {
            Document::Body => documents.body(event)?,
            Document::Context => documents.context(event),
        };
        let mut reason = "<nil>".to_owned();
        if let Some(template) = template {
            match template.run(&document) {
                Ok(text) => return Ok(Resolved::made(text)),
                Err(failed) => reason = failed,
            }
        }
        key.as_ref()
            .and_then(|key| find(&document, key))
            .ok_or_else(|| {
                format!(
                    "unable to resolve '{}' parameter value. err: {reason}",
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

impl Place {
    /// Chooses what counts: the body before the attributes, a template before a key.
    fn compile(source: &ParameterSource, path: &FieldPath, problems: &mut Problems) -> Self {
        let reads_body = !(source.data_key.is_empty() && source.data_template.is_empty());
        let (document, template, key, names) = if reads_body {
            (
                Document::Body,
                &source.data_template,
                &source.data_key,
                ["dataTemplate", "dataKey"],
            )
        } else {
            let names = ["contextTemplate", "contextKey"];
            (
                Document::Context,
                &source.context_template,
                &source.context_key,
                names,
            )
        };
        if template.is_empty() && key.is_empty() {
            return Self::Whole;
        }
        let place = path.field(names[0]);
        let template = (!template.is_empty()).then(|| Template {
            text: template.clone(),
            compiled: Compiled::or_report(Language::Template, template, &place, problems),
        });
        match (!key.is_empty()).then(|| Path::parse(key)).transpose() {
            Ok(key) => Self::Within {
                document,
                template,
                key,
            },
            Err(error) => {
                let mistake = Mistake::in_path(key, &error);
                problems.push(program::problem(path.field(names[1]), &mistake));
                Self::Nowhere(error.to_string())
            }
        }
    }
}

impl<'a> Resolved<'a> {
    fn fixed(text: &'a str) -> Self {
        Self {
            text: Cow::Borrowed(text.as_bytes()),
            is_text: true,
            kind: Kind::String,
        }
    }

    fn made(text: Vec<u8>) -> Self {
        Self {
            text: Cow::Owned(text),
            is_text: true,
            kind: Kind::String,
        }
    }
}

impl Template {
    /// Runs the template on a document; an output without content counts as none.
    fn run(&self, document: &Bytes) -> Result<Vec<u8>, String> {
        match self.compiled.run(Input::Json(document))? {
            Output::Text(text) if !program::is_nothing(&text) => Ok(text.into_owned()),
            _ => Err(format!("template {GAVE_NOTHING}: {}", self.text)),
        }
    }
}

fn find(document: &Bytes, path: &Path) -> Option<Resolved<'static>> {
    let found = path.get(document);
    if !found.exists() {
        return None;
    }
    let kind = found.kind();
    let text = match kind {
        Kind::Null => b"null".to_vec(),
        _ => found.text_bytes().into_owned(),
    };
    Some(Resolved {
        text: Cow::Owned(text),
        is_text: kind == Kind::String,
        kind,
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
