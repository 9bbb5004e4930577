//! Reads what sensors are fed with: files, standard input, and lists of items.

use super::{
    item::{Maker, Step, is_item},
    subjects::{Subject, Subjects},
};
use argo_events::manifest::{Located, MAX_FILE_BYTES};
use serde_json::{Value, value::RawValue};
use std::{
    io::Read as _,
    path::{Path, PathBuf},
};

/// Reads the values of `--event`, in their order.
pub(crate) fn arguments(arguments: &[String], subjects: &Subjects) -> Result<Vec<Step>, String> {
    let mut maker = Maker::new(subjects);
    let mut steps = Vec::new();
    for argument in arguments {
        steps.extend(file(argument, Path::new(""), &mut maker)?);
    }
    Ok(steps)
}

/// Reads `[SOURCE/EVENT=]FILE`, where `-` is standard input.
pub(crate) fn file(
    argument: &str,
    folder: &Path,
    maker: &mut Maker<'_>,
) -> Result<Vec<Step>, String> {
    let (subject, name) = split(argument, folder);
    let path = folder.join(name);
    let (shown, stem) = match name {
        "-" => ("standard input".to_owned(), ""),
        _ => (path.display().to_string(), stem(name)),
    };
    let in_file = |message: String| format!("{shown}: {message}");
    let text = if name == "-" {
        standard_input()
    } else {
        read(&path)
    };
    let text = text.map_err(in_file)?;
    if let Some(subject) = subject {
        return Ok(vec![maker.body(&subject, body(&text, &shown, name)?)]);
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut steps = Vec::new();
    for document in documents(&text, &shown)? {
        let read = contents(&document, stem, folder, maker);
        let advice = || format!("; write --event SOURCE/EVENT={name}");
        steps.extend(read.map_err(|fault| {
            let advice = if fault.unclear {
                advice()
            } else {
                String::new()
            };
            in_file(fault.message + &advice)
        })?);
    }
    Ok(steps)
}

/// Takes `SOURCE/EVENT=` off the front. A file of the whole name wins.
fn split<'a>(argument: &'a str, folder: &Path) -> (Option<Subject>, &'a str) {
    if folder.join(argument).exists() {
        return (None, argument);
    }
    let found = argument.split_once('=');
    let found = found.and_then(|(subject, file)| Some((Subject::parse(subject)?, file)));
    found.map_or((None, argument), |(subject, file)| (Some(subject), file))
}

fn stem(name: &str) -> &str {
    Path::new(name)
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or_default()
}

fn read(path: &PathBuf) -> Result<String, String> {
    let length = std::fs::metadata(path)
        .map_err(|error| error.to_string())?
        .len();
    if length > MAX_FILE_BYTES {
        return Err(too_large());
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

fn standard_input() -> Result<String, String> {
    let mut text = String::new();
    let read = std::io::stdin()
        .lock()
        .take(MAX_FILE_BYTES + 1)
        .read_to_string(&mut text);
    match read.map_err(|error| error.to_string())? {
        length if length as u64 > MAX_FILE_BYTES => Err(too_large()),
        _ => Ok(text),
    }
}

fn too_large() -> String {
    format!("more than {MAX_FILE_BYTES} bytes")
}

/// Returns the body that a file holds: JSON of a YAML file, of others what is in them.
fn body(text: &str, shown: &str, name: &str) -> Result<Vec<u8>, String> {
    let is_yaml = [".yaml", ".yml"]
        .iter()
        .any(|ending| name.ends_with(ending));
    match documents(text, shown) {
        Ok(documents) if is_yaml && documents.len() == 1 => Ok(documents[0].clone().into_bytes()),
        Ok(documents) if is_yaml => Err(format!(
            "{shown}: {} documents, where one is a body",
            documents.len()
        )),
        Err(error) if is_yaml => Err(error),
        _ => Ok(text.as_bytes().to_vec()),
    }
}

/// Returns each document as JSON; what is JSON already stays as it is written.
fn documents(text: &str, shown: &str) -> Result<Vec<String>, String> {
    if serde_json::from_str::<&RawValue>(text).is_ok() {
        return Ok(vec![text.trim().to_owned()]);
    }
    let values = Located::read(shown, text).map_err(|found| {
        // Whoever reports it says that it is an error.
        let found = found.to_string();
        found.trim_end().trim_start_matches("error: ").to_owned()
    })?;
    if values.is_empty() {
        return Err(format!("{shown}: holds nothing"));
    }
    Ok(values.iter().map(|value| Value::to_string(value)).collect())
}

/// Why contents cannot be read.
struct Fault {
    message: String,
    /// It helps to say which event it is.
    unclear: bool,
}

impl From<String> for Fault {
    fn from(message: String) -> Self {
        Self {
            message,
            unclear: false,
        }
    }
}

/// Reads a document: an item, a list of items, or a body.
fn contents(
    json: &str,
    stem: &str,
    folder: &Path,
    maker: &mut Maker<'_>,
) -> Result<Vec<Step>, Fault> {
    let value: Value = serde_json::from_str(json).map_err(|error| error.to_string())?;
    let fits = |value: &Value| value.as_object().is_some_and(is_item);
    match &value {
        Value::Array(items) if !items.is_empty() && items.iter().all(fits) => {
            let items: Vec<&RawValue> =
                serde_json::from_str(json).map_err(|error| error.to_string())?;
            let steps = items.iter().map(|item| Ok(maker.item(item.get(), folder)?));
            steps.collect()
        }
        value if fits(value) => Ok(vec![maker.item(json, folder)?]),
        _ => {
            let subject = maker.subjects.of_file(stem);
            let subject = subject.map_err(|message| Fault {
                message,
                unclear: true,
            })?;
            Ok(vec![maker.body(&subject, json.as_bytes().to_vec())])
        }
    }
}
