//! Finds and reads files of vectors, plain (`.jsonl`) or compressed (`.jsonl.gz`).

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;
use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

/// A family's file.
#[derive(Clone, Debug)]
pub struct Family {
    /// Name of the family, which is the file name without its endings.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
}

/// Lists the families of a directory, sorted by name.
///
/// # Errors
/// When the directory cannot be read.
pub fn families(directory: &Path) -> io::Result<Vec<Family>> {
    let mut found: Vec<Family> = std::fs::read_dir(directory)?
        .filter_map(|entry| family_of(entry.ok()?.path()))
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

fn family_of(path: PathBuf) -> Option<Family> {
    let file_name = path.file_name()?.to_str()?;
    let name = file_name
        .strip_suffix(".jsonl.gz")
        .or_else(|| file_name.strip_suffix(".jsonl"))?;
    Some(Family {
        name: name.to_owned(),
        path,
    })
}

/// Reads every vector of a family.
///
/// # Errors
/// When the file cannot be read or a line is not JSON.
pub fn read(family: &Family) -> io::Result<Vec<Value>> {
    let file = File::open(&family.path)?;
    let compressed = family
        .path
        .extension()
        .is_some_and(|extension| extension == "gz");
    let reader: Box<dyn Read> = if compressed {
        Box::new(flate2::read::GzDecoder::new(file))
    } else {
        Box::new(file)
    };
    let mut vectors = Vec::new();
    for line in BufReader::new(reader).lines() {
        let line = line?;
        if !line.is_empty() {
            vectors.push(serde_json::from_str(&line)?);
        }
    }
    Ok(vectors)
}

/// Gives the bytes of a field: its text, or what `<field>_b64` holds where they are not UTF-8.
#[must_use]
pub fn bytes(vector: &Value, field: &str) -> Option<Vec<u8>> {
    if let Some(text) = vector[field].as_str() {
        return Some(text.as_bytes().to_vec());
    }
    BASE64_STANDARD
        .decode(vector[format!("{field}_b64")].as_str()?)
        .ok()
}
