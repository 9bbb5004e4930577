//! Parameters: values taken from the events of a firing and written into a template or a payload.
//!
//! Everything is compiled once; what remains per firing is looking up and writing. Where a value
//! comes from is [`Source`]'s business, what body it is looked up in [`document`]'s.

pub mod context;
mod document;
mod source;

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
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Overwrite,
    Append,
    Prepend,
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
        let compiled = list.iter().enumerate().filter_map(|(index, parameter)| {
            Entry::compile(
                parameter,
                purpose,
                dependencies,
                &path.index(index),
                &mut problems,
            )
        });
        let entries = compiled.collect();
        if problems.has_errors() {
            Err(problems)
        } else {
            Ok(Self(entries))
        }
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
                    payload = Some(entry.write(payload.as_deref().unwrap_or_default(), &value)?);
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
    ) -> Option<Self> {
        let Some(src) = &parameter.src else {
            problems.push(Problem::error(path.field("src"), "is required").help(SRC_HELP));
            return None;
        };
        let source = Source::compile(src, dependencies, &path.field("src"), problems);
        let dest = Dest::compile(&parameter.dest, purpose, &path.field("dest"), problems);
        let operation = Operation::read(parameter, purpose, &path.field("operation"), problems);
        Some(Self {
            source: source?,
            dest: dest?,
            operation: operation?,
            uses_raw_data: src.use_raw_data,
        })
    }

    /// Writes a value into an object as the operation asks.
    fn edit(&self, object: &[u8], value: &Resolved<'_>) -> Result<Vec<u8>> {
        let Dest::Place { write, read } = &self.dest else {
            return self.write(object, value);
        };
        let present = read.get(object);
        if self.operation == Operation::Overwrite || !present.exists() {
            return self.write(object, value);
        }
        let present = present.text_bytes();
        let text = match self.operation {
            Operation::Prepend => [value.text.as_ref(), present.as_ref()].concat(),
            _ => [present.as_ref(), value.text.as_ref()].concat(),
        };
        write
            .set_string(object, text)
            .map_err(|error| not_written(&error))
    }

    fn write(&self, object: &[u8], value: &Resolved<'_>) -> Result<Vec<u8>> {
        let Dest::Place { write, .. } = &self.dest else {
            return Ok(object.to_vec());
        };
        let written = if self.uses_raw_data && !value.is_text {
            write.set_raw(object, &value.text)
        } else {
            write.set_string(object, &value.text)
        };
        written.map_err(|error| not_written(&error))
    }
}

const SRC_HELP: &str =
    "say where the value comes from, such as {dependencyName: paid, dataKey: order.id}";

impl Dest {
    fn compile(
        text: &str,
        purpose: Purpose,
        path: &FieldPath,
        problems: &mut Problems,
    ) -> Option<Self> {
        match purpose {
            Purpose::Names => return Some(Self::Name(text.to_owned())),
            Purpose::Payload if text.is_empty() => return Some(Self::Whole),
            _ => {}
        }
        let write = sjson::Path::parse(text).map_err(|error| error.to_string());
        let read = gjson::Path::parse(text).map_err(|error| error.to_string());
        match write.and_then(|write| Ok((write, read?))) {
            Ok((write, read)) => Some(Self::Place { write, read }),
            Err(reason) => {
                problems.error(path.clone(), reason);
                None
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
    ) -> Option<Self> {
        match parameter.operation.as_str() {
            _ if purpose != Purpose::Edit => Some(Self::Overwrite),
            "" | "overwrite" => Some(Self::Overwrite),
            "append" => Some(Self::Append),
            "prepend" => Some(Self::Prepend),
            other => {
                let message = format!("unsupported trigger parameter operation: {other}");
                let help = "use overwrite, append or prepend, or leave it out";
                problems.push(Problem::error(path.clone(), message).help(help));
                None
            }
        }
    }
}

fn not_written(error: &sjson::Error) -> Error {
    Error::permanent(ErrorKind::PayloadInvalid, error.to_string()).during("apply parameters")
}
