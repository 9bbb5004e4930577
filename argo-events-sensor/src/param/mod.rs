//! Parameters: values taken from the events of a firing and written into a template or a payload.
//!
//! Everything is compiled once; what remains per firing is looking up and writing. Where a value
//! comes from is [`Source`]'s business, what it is looked up in that of [`Documents`].

pub mod context;
mod document;
mod source;
pub(crate) mod yaml;

pub use document::Documents;
pub use source::{Resolved, Source};

use argo_events_core::{Error, ErrorKind, FieldPath, Firing, Problem, Problems, Result, api};
use argo_events_expr::{gjson, sjson};

/// What a list of parameters is for; the lists of a manifest differ in small ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Edits an object: `operation` counts, and what has no value is left out.
    Edit,
    /// Builds a payload: `operation` does not count, and an empty `dest` stands for all of it.
    Payload,
    /// Gives values to names, such as headers: `operation` does not count.
    Names,
}

/// A list of parameters, compiled.
#[derive(Clone, Debug, Default)]
pub struct Parameters(Vec<Entry>);

#[derive(Clone, Debug)]
struct Entry {
    source: Source,
    uses_raw_data: bool,
    dest: Dest,
    operation: Operation,
}

/// Where a value is written.
#[derive(Clone, Debug)]
enum Dest {
    /// Becomes the whole payload.
    Whole,
    /// A place in an object, to write and, for `append` and `prepend`, to read.
    Place {
        write: sjson::Path,
        read: gjson::Path,
    },
    /// A name.
    Name(String),
    /// No place at all; says why.
    Nowhere(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Operation {
    Overwrite,
    Append,
    Prepend,
    /// A word that is none.
    Unknown(String),
}

impl Parameters {
    /// Compiles a list found at `path`. `dependencies` are the names that may be used, if known.
    ///
    /// ```
    /// use argo_events_core::{FieldPath, api::Parameter};
    /// use argo_events_sensor::param::{Parameters, Purpose};
    ///
    /// let list: Vec<Parameter> = serde_json::from_str(
    ///     r#"[{"src": {"dependencyName": "paid", "dataKey": "order"}, "dest": "body.id"}]"#,
    /// )?;
    /// let path = FieldPath::root().field("parameters");
    /// let known = ["paid".to_owned()];
    /// assert!(Parameters::compile(&list, Purpose::Edit, Some(&known), &path).is_ok());
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    ///
    /// # Errors
    /// Every mistake in the list, each with its place.
    pub fn compile(
        list: &[api::Parameter],
        purpose: Purpose,
        dependencies: Option<&[String]>,
        path: &FieldPath,
    ) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let compiled = Self::compile_unchecked(list, purpose, dependencies, path, &mut problems);
        if problems.has_errors() {
            Err(problems)
        } else {
            Ok(compiled)
        }
    }

    /// Compiles what can be compiled; what cannot errs when it is reached, as in the reference.
    pub fn compile_unchecked(
        list: &[api::Parameter],
        purpose: Purpose,
        dependencies: Option<&[String]>,
        path: &FieldPath,
        problems: &mut Problems,
    ) -> Self {
        let entries = list.iter().enumerate().map(|(index, parameter)| {
            Entry::compile(
                parameter,
                purpose,
                dependencies,
                &path.index(index),
                problems,
            )
        });
        Self(entries.collect())
    }

    /// Tells whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Writes the values into a JSON object, in the order of the list.
    ///
    /// # Errors
    /// `PayloadInvalid`, permanent, when a value cannot be found or written.
    pub fn apply(&self, object: Vec<u8>, firing: &Firing) -> Result<Vec<u8>> {
        let mut documents = Documents::default();
        let mut object = object;
        for entry in &self.0 {
            if let Some(value) = entry.source.resolve(firing, &mut documents)? {
                object = entry.edit(&object, &value)?;
            }
        }
        Ok(object)
    }

    /// Builds a payload from nothing; `None` if no entry gives anything.
    ///
    /// # Errors
    /// `PayloadInvalid`, permanent, when a value cannot be found or written, and when the event of a
    /// dependency is not part of the firing and there is no `value` to stand in.
    pub fn payload(&self, firing: &Firing) -> Result<Option<Vec<u8>>> {
        let mut documents = Documents::default();
        let mut payload = None;
        for entry in &self.0 {
            let resolved = entry.source.resolve(firing, &mut documents)?;
            match (&entry.dest, resolved) {
                (Dest::Whole, Some(value)) => return Ok(Some(value.text.into_owned())),
                (Dest::Whole, None) => {}
                (_, None) => return Err(entry.source.absent()),
                (_, Some(value)) => {
                    let written = entry.write(payload.as_deref().unwrap_or_default(), &value)?;
                    payload = (!written.is_empty()).then_some(written);
                }
            }
        }
        Ok(payload)
    }

    /// Gives the values with the names they are for.
    ///
    /// # Errors
    /// As [`Self::payload`].
    pub fn named(&self, firing: &Firing) -> Result<Vec<(&str, Vec<u8>)>> {
        let mut documents = Documents::default();
        let mut named = Vec::with_capacity(self.0.len());
        for entry in &self.0 {
            let resolved = entry.source.resolve(firing, &mut documents)?;
            let value = resolved.ok_or_else(|| entry.source.absent())?;
            let name = if let Dest::Name(name) = &entry.dest {
                name.as_str()
            } else {
                ""
            };
            named.push((name, value.text.into_owned()));
        }
        Ok(named)
    }
}

impl Entry {
    fn compile(
        parameter: &api::Parameter,
        purpose: Purpose,
        dependencies: Option<&[String]>,
        path: &FieldPath,
        problems: &mut Problems,
    ) -> Self {
        let source = match &parameter.src {
            Some(src) => Source::compile(src, dependencies, &path.field("src"), problems),
            None => {
                let problem = Problem::error(path.field("src"), "is required");
                problems.push(problem.help(SRC_HELP));
                Source::missing()
            }
        };
        let uses_raw_data = parameter.src.as_ref().is_some_and(|src| src.use_raw_data);
        let dest = Dest::compile(&parameter.dest, purpose, &path.field("dest"), problems);
        let operation = Operation::read(parameter, purpose, &path.field("operation"), problems);
        Self {
            source,
            uses_raw_data,
            dest,
            operation,
        }
    }

    /// Writes a value into an object as the operation asks.
    fn edit(&self, object: &[u8], value: &Resolved<'_>) -> Result<Vec<u8>> {
        let is_first = match &self.operation {
            Operation::Overwrite => return self.write(object, value),
            Operation::Append => false,
            Operation::Prepend => true,
            Operation::Unknown(word) => return Err(not_written(unsupported(word))),
        };
        let Dest::Place { write, read } = &self.dest else {
            return self.write(object, value);
        };
        let present = read.get(object);
        if !present.exists() {
            return self.write(object, value);
        }
        let present = present.text_bytes();
        let parts: [&[u8]; 2] = if is_first {
            [&value.text, &present]
        } else {
            [&present, &value.text]
        };
        write
            .set_string(object, parts.concat())
            .map_err(|error| not_written(error.to_string()))
    }

    fn write(&self, object: &[u8], value: &Resolved<'_>) -> Result<Vec<u8>> {
        let write = match &self.dest {
            Dest::Place { write, .. } => write,
            Dest::Nowhere(reason) => return Err(not_written(reason.clone())),
            Dest::Whole | Dest::Name(_) => return Ok(object.to_vec()),
        };
        let written = if self.uses_raw_data && !value.is_text {
            write.set_raw(object, &value.text)
        } else {
            write.set_string(object, &value.text)
        };
        written.map_err(|error| not_written(error.to_string()))
    }
}

const SRC_HELP: &str =
    "say where the value comes from, such as {dependencyName: paid, dataKey: order.id}";

impl Dest {
    fn compile(text: &str, purpose: Purpose, path: &FieldPath, problems: &mut Problems) -> Self {
        match purpose {
            Purpose::Names => return Self::Name(text.to_owned()),
            Purpose::Payload if text.is_empty() => return Self::Whole,
            _ => {}
        }
        let write = sjson::Path::parse(text).map_err(|error| error.to_string());
        let read = gjson::Path::parse(text).map_err(|error| error.to_string());
        match write.and_then(|write| Ok((write, read?))) {
            Ok((write, read)) => Self::Place { write, read },
            Err(reason) => {
                problems.error(path.clone(), reason.clone());
                Self::Nowhere(reason)
            }
        }
    }
}

impl Operation {
    fn read(
        parameter: &api::Parameter,
        purpose: Purpose,
        path: &FieldPath,
        problems: &mut Problems,
    ) -> Self {
        match parameter.operation.as_str() {
            _ if purpose != Purpose::Edit => Self::Overwrite,
            "" | "overwrite" => Self::Overwrite,
            "append" => Self::Append,
            "prepend" => Self::Prepend,
            word => {
                let help = "use overwrite, append or prepend, or leave it out";
                problems.push(Problem::error(path.clone(), unsupported(word)).help(help));
                Self::Unknown(word.to_owned())
            }
        }
    }
}

fn unsupported(operation: &str) -> String {
    format!("unsupported trigger parameter operation: {operation}")
}

fn not_written(reason: String) -> Error {
    Error::permanent(ErrorKind::PayloadInvalid, reason).during("apply parameters")
}

#[cfg(test)]
mod tests {
    use super::*;
    use argo_events_core::{
        Event,
        resolver::{Held, Shape},
    };
    use std::sync::Arc;

    fn firing(body: &str) -> Firing {
        let shape = Shape {
            sensor: "orders".to_owned(),
            trigger: "ship".to_owned(),
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

    fn parameters(text: &str, purpose: Purpose) -> Parameters {
        let list: Vec<api::Parameter> = serde_json::from_str(text).unwrap();
        Parameters::compile(&list, purpose, None, &FieldPath::root()).unwrap()
    }

    fn applied(list: &str, object: &str) -> String {
        let firing = firing(r#"{"n":5,"s":"x","o":{"a":1}}"#);
        let object = parameters(list, Purpose::Edit)
            .apply(object.as_bytes().to_vec(), &firing)
            .unwrap();
        String::from_utf8(object).unwrap()
    }

    #[test]
    fn values_are_written_as_text_unless_raw_data_is_asked_for() {
        let list = |raw| {
            format!(
                r#"[{{"src":{{"dependencyName":"paid","dataKey":"n","useRawData":{raw}}},"dest":"v"}}]"#
            )
        };
        assert_eq!(applied(&list(false), "{}"), r#"{"v":"5"}"#);
        assert_eq!(applied(&list(true), "{}"), r#"{"v":5}"#);
    }

    #[test]
    fn append_and_prepend_join_texts_and_write_what_is_not_there() {
        let list = |operation: &str| {
            format!(
                r#"[{{"src":{{"dependencyName":"paid","dataKey":"s"}},"dest":"v","operation":"{operation}"}}]"#
            )
        };
        assert_eq!(applied(&list("append"), r#"{"v":"a"}"#), r#"{"v":"ax"}"#);
        assert_eq!(applied(&list("prepend"), r#"{"v":"a"}"#), r#"{"v":"xa"}"#);
        assert_eq!(applied(&list("append"), "{}"), r#"{"v":"x"}"#);
    }

    #[test]
    fn later_edits_see_earlier_ones() {
        let entry =
            r#"{"src":{"dependencyName":"paid","dataKey":"s"},"dest":"v","operation":"append"}"#;
        assert_eq!(
            applied(&format!("[{entry},{entry}]"), "{}"),
            r#"{"v":"xx"}"#
        );
    }

    #[test]
    fn an_empty_dest_becomes_the_whole_payload() {
        let list = r#"[{"src":{"dependencyName":"paid","value":"1"},"dest":"a"},
            {"src":{"dependencyName":"paid","dataKey":"o"},"dest":""}]"#;
        let payload = parameters(list, Purpose::Payload)
            .payload(&firing(r#"{"o":{ "a":1}}"#))
            .unwrap();
        assert_eq!(payload.unwrap(), br#"{ "a":1}"#);
    }

    #[test]
    fn a_payload_without_its_event_or_a_value_is_an_error() {
        let list = r#"[{"src":{"dependencyName":"shipped","dataKey":"o"},"dest":"a"}]"#;
        let error = parameters(list, Purpose::Payload)
            .payload(&firing("{}"))
            .unwrap_err();
        assert_eq!(error.context("dependency"), Some("shipped"));
        assert_eq!(applied(list, r#"{"kept":1}"#), r#"{"kept":1}"#);
    }

    #[test]
    fn a_value_stands_in_for_what_is_not_there() {
        let list = r#"[{"src":{"dependencyName":"paid","dataKey":"gone","value":"v"},"dest":"a"}]"#;
        assert_eq!(applied(list, "{}"), r#"{"a":"v"}"#);
    }

    #[test]
    fn every_mistake_is_reported_with_its_place() {
        let list = r#"[{"dest":"a"},{"src":{"dependencyName":"paid"},"dest":"","operation":"delete"},
            {"src":{"dependencyName":"paid","dataTemplate":"{{"},"dest":"a"}]"#;
        let list: Vec<api::Parameter> = serde_json::from_str(list).unwrap();
        let found =
            Parameters::compile(&list, Purpose::Edit, None, &FieldPath::root()).unwrap_err();
        let places: Vec<_> = found
            .iter()
            .map(|problem| problem.path.to_string())
            .collect();
        assert_eq!(
            places,
            [
                "[0].src",
                "[1].dest",
                "[1].operation",
                "[2].src.dataTemplate"
            ]
        );
    }
}
