//! Writes generated values as YAML, without anchors, for files that people look at.
//!
//! An object or a list of a few words stands on one line, everything else in blocks.

use serde_json::Value;

/// Words that are no texts in one version of YAML or another.
const WORDS: &[&str] = &["true", "false", "yes", "no", "on", "off", "null", "y", "n"];

/// Longest object on one line.
const LONGEST: usize = 120;

/// Returns a value as YAML text, ending with a line break.
///
/// ```
/// use argo_events::manifest::crd::yaml;
///
/// let value = serde_json::json!({"kind": "Sensor", "list": [{"a": [1, "on"]}]});
/// assert_eq!(yaml(&value), "kind: Sensor\nlist:\n- {a: [1, 'on']}\n");
/// ```
#[must_use]
pub fn yaml(value: &Value) -> String {
    let mut text = String::new();
    block(value, 0, &mut text);
    text
}

/// Writes a value whose first line is indented already.
fn block(value: &Value, depth: usize, text: &mut String) {
    if let Some(line) = line(value) {
        text.push_str(&line);
        text.push('\n');
        return;
    }
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (index, (key, value)) in members.iter().enumerate() {
                indent(index, depth, text);
                text.push_str(&scalar(&Value::from(key.as_str())));
                text.push(':');
                member(value, depth, text);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                indent(index, depth, text);
                text.push_str("- ");
                block(item, depth + 1, text);
            }
        }
        _ => unreachable!("everything else stands on a line"),
    }
}

/// Returns what stands on one line; `None` for what needs a block.
fn line(value: &Value) -> Option<String> {
    let line = match value {
        Value::Object(members) if !members.is_empty() => {
            let each = members.iter().map(|(key, value)| {
                let value = if value.is_object() {
                    None
                } else {
                    within(value)
                };
                Some(format!(
                    "{}: {}",
                    scalar(&Value::from(key.as_str())),
                    value?
                ))
            });
            format!("{{{}}}", each.collect::<Option<Vec<_>>>()?.join(", "))
        }
        Value::Array(items) if !items.is_empty() => {
            let is_plain = |item: &Value| !item.is_array() && !item.is_object();
            let each = items
                .iter()
                .map(|item| is_plain(item).then(|| within(item))?);
            format!("[{}]", each.collect::<Option<Vec<_>>>()?.join(", "))
        }
        other => return Some(scalar(other)),
    };
    (line.len() <= LONGEST).then_some(line)
}

/// Returns what stands on one line between others; a comma would end a text without quotes.
fn within(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.contains(',') => Some(quoted(text)),
        other => line(other),
    }
}

fn member(value: &Value, depth: usize, text: &mut String) {
    if line(value).is_some() {
        text.push(' ');
        return block(value, depth, text);
    }
    // Lists stand below their key without an indentation, which saves much of a large file.
    let depth = if value.is_array() { depth } else { depth + 1 };
    text.push('\n');
    indent(1, depth, text);
    block(value, depth, text);
}

fn indent(index: usize, depth: usize, text: &mut String) {
    if index > 0 {
        text.extend(std::iter::repeat_n("  ", depth));
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) if is_plain(text) => text.clone(),
        Value::String(text) => quoted(text),
        Value::Array(_) => "[]".to_owned(),
        Value::Object(_) => "{}".to_owned(),
        other => other.to_string(),
    }
}

fn quoted(text: &str) -> String {
    if text.chars().any(char::is_control) {
        return Value::from(text).to_string();
    }
    format!("'{}'", text.replace('\'', "''"))
}

/// Tells whether a text stands for itself without quotes.
fn is_plain(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || " -_./$(),;`'<>=|*+".contains(c);
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '$')
        && text.chars().all(inner)
        && !text.ends_with(' ')
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}
