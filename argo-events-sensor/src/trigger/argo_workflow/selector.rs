//! Chooses nodes of a workflow by their fields, as `--node-field-selector` writes them.

use super::{arguments::invalid, nodes::template_of};
use argo_events_core::Result;
use serde_json::Value;

/// Fields and what they must be; all of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct FieldSelector(Vec<Term>);

#[derive(Clone, Debug, PartialEq)]
struct Term {
    field: String,
    value: String,
    differs: bool,
}

impl FieldSelector {
    /// Reads terms such as `phase=Failed,name!=x`; a backslash takes the meaning from the next character.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let terms = split(text).into_iter().filter(|term| !term.is_empty());
        terms
            .map(|term| Term::parse(&term))
            .collect::<Result<_>>()
            .map(Self)
    }

    /// Tells whether nothing is asked.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells whether a node is chosen.
    pub(super) fn chooses(&self, node: &Value) -> bool {
        let holds = |term: &Term| (field(node, &term.field) == term.value) != term.differs;
        self.0.iter().all(holds)
    }
}

impl Term {
    fn parse(text: &str) -> Result<Self> {
        let mut escaped = false;
        for (place, character) in text.char_indices() {
            let rest = &text[place..];
            match character {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '!' if rest.starts_with("!=") => return Ok(Self::new(text, place, 2, true)),
                '=' if rest.starts_with("==") => return Ok(Self::new(text, place, 2, false)),
                '=' => return Ok(Self::new(text, place, 1, false)),
                _ => {}
            }
        }
        Err(invalid(format!(
            "a field selector is written as field=value, not {text:?}"
        )))
    }

    fn new(text: &str, place: usize, operator: usize, differs: bool) -> Self {
        Self {
            field: text[..place].to_owned(),
            value: unescape(&text[place + operator..]),
            differs,
        }
    }
}

/// Splits at commas that are not escaped.
fn split(text: &str) -> Vec<String> {
    let mut terms = vec![String::new()];
    let mut escaped = false;
    for character in text.chars() {
        if character == ',' && !escaped {
            terms.push(String::new());
            continue;
        }
        escaped = character == '\\' && !escaped;
        if let Some(term) = terms.last_mut() {
            term.push(character);
        }
    }
    terms
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let escaped = if character == '\\' {
            characters.next()
        } else {
            None
        };
        plain.push(escaped.unwrap_or(character));
    }
    plain
}

/// Returns a field of a node as text; empty if there is none.
fn field(node: &Value, name: &str) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match name {
        "displayName" | "phase" | "name" | "id" => text(&node[name]),
        "templateName" => template_of(node).to_owned(),
        "templateRef.name" => text(&node["templateRef"]["name"]),
        "templateRef.template" => text(&node["templateRef"]["template"]),
        _ => {
            let input = name.strip_prefix("inputs.parameters.");
            let input = input.and_then(|name| name.strip_suffix(".value"));
            let parameters = node["inputs"]["parameters"].as_array();
            let mut parameters = parameters.into_iter().flatten();
            let found = parameters.find(|one| one["name"].as_str() == input && input.is_some());
            match found.map(|one| &one["value"]) {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Null) | None => String::new(),
                Some(other) => other.to_string(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn terms_must_all_hold() {
        let node = json!({
            "id": "w-1", "displayName": "a,b", "phase": "Failed", "templateName": "t",
            "inputs": {"parameters": [{"name": "n", "value": 5}, {"name": "m", "value": "x=y"}]},
        });
        let chooses = |text| FieldSelector::parse(text).unwrap().chooses(&node);
        assert!(chooses(""));
        assert!(chooses("phase=Failed,templateName==t,id!=w-2"));
        assert!(!chooses("phase=Failed,id=w-2"));
        assert!(chooses("displayName=a\\,b"));
        assert!(chooses("inputs.parameters.n.value=5"));
        assert!(chooses("inputs.parameters.m.value=x\\=y"));
        assert!(chooses("templateRef.name="));
        assert!(FieldSelector::parse("phase").is_err());
    }
}
