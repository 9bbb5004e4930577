//! The messages between a git server and its clients: lines with their lengths in front.

use super::pack::Id;
use std::collections::HashMap;

/// Larger files are not sent, by servers that let us say so.
const LARGEST_FILE: &str = "1m";

/// What a server has: references with the commits they name, and what else it can do.
#[derive(Debug, Default)]
pub(super) struct Advertisement {
    references: HashMap<String, Id>,
    capabilities: String,
}

/// A line, or the end of a group of lines.
enum Packet<'a> {
    Line(&'a [u8]),
    Flush,
}

/// Takes the next line off a text.
fn next<'a>(text: &mut &'a [u8]) -> Result<Option<Packet<'a>>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let digits = text.get(..4).ok_or("it ends within a length")?;
    let digits = std::str::from_utf8(digits).map_err(|_| "a length is no number")?;
    let length = usize::from_str_radix(digits, 16)
        .map_err(|_| format!("{digits:?} is no length of a line; is this a git repository?"))?;
    if length < 4 {
        *text = &text[4..];
        return Ok(Some(Packet::Flush));
    }
    let line = text.get(4..length).ok_or("it ends within a line")?;
    *text = &text[length..];
    Ok(Some(Packet::Line(line)))
}

impl Advertisement {
    pub(super) fn read(mut text: &[u8]) -> Result<Self, String> {
        let mut advertised = Self::default();
        while let Some(packet) = next(&mut text)? {
            let Packet::Line(line) = packet else { continue };
            let line = String::from_utf8_lossy(line);
            let line = line.trim_end_matches('\n');
            if let Some(message) = line.strip_prefix("ERR ") {
                return Err(message.to_owned());
            }
            if !line.starts_with('#') {
                advertised.take(line)?;
            }
        }
        if advertised.capabilities.contains("object-format=sha256") {
            return Err("the repository names its objects by SHA-256".to_owned());
        }
        Ok(advertised)
    }

    fn take(&mut self, line: &str) -> Result<(), String> {
        let (line, capabilities) = line.split_once('\0').unwrap_or((line, ""));
        if !capabilities.is_empty() {
            capabilities.clone_into(&mut self.capabilities);
        }
        let (id, name) = line.split_once(' ').ok_or("a reference has no name")?;
        let id = Id::parse(id).ok_or("a reference names no commit")?;
        self.references.insert(name.to_owned(), id);
        Ok(())
    }

    /// Returns what a reference names: a commit, or a tag with a text.
    pub(super) fn find(&self, reference: &str) -> Option<Id> {
        self.references.get(reference).copied()
    }

    fn can(&self, capability: &str) -> bool {
        self.capabilities
            .split(' ')
            .any(|known| known == capability)
    }

    /// Writes the request for the files of a commit, without history if the server can leave it out.
    pub(super) fn request(&self, tip: Id) -> Vec<u8> {
        let mut out = Vec::new();
        let filter = if self.can("filter") { " filter" } else { "" };
        let wanted =
            format!("want {tip} side-band-64k ofs-delta no-progress agent=argo-events{filter}\n");
        push(&mut out, &wanted);
        if self.can("shallow") {
            push(&mut out, "deepen 1\n");
        }
        if self.can("filter") {
            push(&mut out, &format!("filter blob:limit={LARGEST_FILE}\n"));
        }
        out.extend_from_slice(b"0000");
        push(&mut out, "done\n");
        out
    }
}

fn push(out: &mut Vec<u8>, line: &str) {
    out.extend_from_slice(format!("{:04x}{line}", line.len() + 4).as_bytes());
}

/// Takes the files out of an answer.
pub(super) fn pack(mut text: &[u8]) -> Result<Vec<u8>, String> {
    const DATA: u8 = 1;
    const ERROR: u8 = 3;
    let mut out = Vec::new();
    while let Some(packet) = next(&mut text)? {
        let Packet::Line(line) = packet else { continue };
        match line.split_first() {
            Some((&DATA, data)) => out.extend_from_slice(data),
            Some((&ERROR, message)) => return Err(shown(message)),
            _ => {
                if let Some(message) = line.strip_prefix(b"ERR ") {
                    return Err(shown(message));
                }
            }
        }
    }
    Ok(out)
}

fn shown(message: &[u8]) -> String {
    const SHOWN: usize = 200;
    String::from_utf8_lossy(&message[..message.len().min(SHOWN)])
        .trim()
        .to_owned()
}
