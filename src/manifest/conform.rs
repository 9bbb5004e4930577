//! Compares a value with a schema, says everything that does not fit, and gives back what does.
//!
//! Reads as Go's decoder reads: null is as good as absent, names are told apart by case, and no
//! number is taken for a text. Knows nothing about events; what a schema cannot say is checked by
//! [`validate`](super::validate).

mod scalar;
mod words;

use super::{
    schema::KINDS,
    suggest,
    yaml::{Content, Entry, Node},
};
use argo_events_core::{FieldPath, Problem, Problems, Severity, secret::KeySelector};
use serde_json::{Map, Value};
pub(crate) use words::is_reference_kind;
use words::{expected, found};

/// What is left of a value, and what was found on the way.
#[derive(Debug, Default)]
pub(crate) struct Conformed {
    /// The parts that fit.
    pub(crate) value: Value,
    /// What does not fit.
    pub(crate) problems: Problems,
    /// Where something was left out or made up, so that no second complaint follows.
    pub(crate) amended: Vec<FieldPath>,
    /// Keys of Secrets and ConfigMaps that are referred to.
    pub(crate) selectors: Vec<Selector>,
}

/// A reference to a key of a Secret or a ConfigMap.
#[derive(Clone, Debug)]
pub(crate) struct Selector {
    pub(crate) path: FieldPath,
    pub(crate) key: KeySelector,
    pub(crate) is_config: bool,
}

/// Compares a value with a schema. Fields that it does not know get the severity given.
pub(crate) fn conform(node: &Node, text: &str, schema: &Value, unknown: Severity) -> Conformed {
    let definitions = schema["$defs"].as_object();
    let mut walk = Walk {
        definitions,
        text,
        unknown,
        out: Conformed::default(),
    };
    let value = walk.value(node, schema, &FieldPath::root());
    Conformed {
        value: value.unwrap_or_default(),
        ..walk.out
    }
}

struct Walk<'a> {
    definitions: Option<&'a Map<String, Value>>,
    text: &'a str,
    unknown: Severity,
    out: Conformed,
}

/// References that lead to references are followed this often.
const MOST_REFERENCES: usize = 8;

impl<'a> Walk<'a> {
    /// Returns the part of a value that fits; depth is that of the value, which is limited.
    fn value(&mut self, node: &Node, schema: &'a Value, path: &FieldPath) -> Option<Value> {
        let schema = self.resolved(schema);
        if let Some(alternatives) = alternatives(schema) {
            return self.alternative(node, &alternatives, path);
        }
        if let Some(words) = allowed(schema) {
            return self.word(node, &words, path);
        }
        if let Some(format) = schema["format"].as_str()
            && let Some(outcome) = scalar::formatted(format, node)
        {
            return outcome.map_err(|problem| self.amend(problem, path)).ok();
        }
        match (type_of(schema), &node.content) {
            (None, _) => Some(node.value()),
            (
                Some(_),
                Content::Scalar {
                    value: Value::Null, ..
                },
            ) => zero(schema),
            (Some("object"), Content::Map(entries)) => Some(self.object(entries, schema, path)),
            (Some("array"), Content::List(items)) => Some(self.list(items, schema, path)),
            (Some(wanted), Content::Scalar { value, .. }) => {
                let taken = scalar::taken(wanted, value, schema, &self.text[node.span.clone()]);
                taken.map_err(|problem| self.amend(problem, path)).ok()
            }
            (Some(_), _) => {
                self.amend(
                    Problem::error(FieldPath::root(), misfit(schema, node)),
                    path,
                );
                None
            }
        }
    }

    fn resolved(&self, mut schema: &'a Value) -> &'a Value {
        for _ in 0..MOST_REFERENCES {
            let Some(name) = reference(schema) else { break };
            match self
                .definitions
                .and_then(|definitions| definitions.get(name))
            {
                Some(definition) => schema = definition,
                None => break,
            }
        }
        schema
    }

    /// Reports a problem at a path, and remembers that something is missing there now.
    fn amend(&mut self, problem: Problem, path: &FieldPath) {
        let mut placed = Problem::error(path.clone(), problem.message);
        placed.help = problem.help;
        self.out.problems.push(placed);
        self.out.amended.push(path.clone());
    }

    fn list(
        &mut self,
        items: &[std::sync::Arc<Node>],
        schema: &'a Value,
        path: &FieldPath,
    ) -> Value {
        let each = &schema["items"];
        let items = items.iter().enumerate();
        // What does not fit is replaced, so that the places of the others stay.
        Value::Array(
            items
                .map(|(index, item)| self.element(item, each, &path.index(index)))
                .collect(),
        )
    }

    fn element(&mut self, node: &Node, schema: &'a Value, path: &FieldPath) -> Value {
        let value = self.value(node, schema, path);
        value
            .or_else(|| zero(self.resolved(schema)))
            .unwrap_or_default()
    }

    fn object(&mut self, entries: &[Entry], schema: &'a Value, path: &FieldPath) -> Value {
        let mut members = Map::new();
        for entry in entries {
            let path = path.field(&entry.key);
            let property = &schema["properties"][&entry.key];
            let others = &schema["additionalProperties"];
            if !property.is_null() {
                let is_null = matches!(
                    &entry.value.content,
                    Content::Scalar {
                        value: Value::Null,
                        ..
                    }
                );
                let value = if is_null {
                    None
                } else {
                    self.selected(&entry.value, property, &path)
                };
                members.extend(value.map(|value| (entry.key.clone(), value)));
            } else if others == &Value::Bool(true) || is_open(schema) {
                members.insert(entry.key.clone(), entry.value.value());
            } else if others.is_null() || others == &Value::Bool(false) {
                self.unknown(entry, schema, &path);
            } else {
                members.insert(entry.key.clone(), self.element(&entry.value, others, &path));
            }
        }
        self.require(&mut members, schema, path);
        Value::Object(members)
    }

    /// Takes a member, and notes it if it refers to a key of a Secret or a ConfigMap.
    fn selected(&mut self, node: &Node, schema: &'a Value, path: &FieldPath) -> Option<Value> {
        let value = self.value(node, schema, path)?;
        if self.is_selector(schema) {
            let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
            let key = KeySelector::new(text("name"), text("key"));
            let is_config = path.to_string().ends_with(".configMapKeyRef");
            self.out.selectors.push(Selector {
                path: path.clone(),
                key,
                is_config,
            });
        }
        Some(value)
    }

    fn is_selector(&self, schema: &Value) -> bool {
        let named = |schema| reference(schema) == Some("KeySelector");
        named(schema) || alternatives(schema).is_some_and(|all| all.into_iter().any(named))
    }

    fn require(&mut self, members: &mut Map<String, Value>, schema: &'a Value, path: &FieldPath) {
        for name in schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            if members.contains_key(name) {
                continue;
            }
            let path = path.field(name);
            if !self.out.amended.contains(&path) {
                self.amend(Problem::error(FieldPath::root(), "is required"), &path);
            }
            let made_up = zero(self.resolved(&schema["properties"][name]));
            members.extend(made_up.map(|value| (name.to_owned(), value)));
        }
    }

    /// Reports a member that the schema does not know.
    fn unknown(&mut self, entry: &Entry, schema: &Value, path: &FieldPath) {
        let known = schema["properties"].as_object();
        let known = known
            .into_iter()
            .flat_map(|known| known.keys().map(String::as_str));
        let meant = suggest::nearest(&entry.key, known.clone());
        let kinds = schema[KINDS]["names"].as_array();
        let is_kind = |name| kinds.is_some_and(|kinds| kinds.contains(&Value::from(name)));
        let (severity, message) = match schema[KINDS]["of"].as_str() {
            Some(kind) if meant.is_some_and(is_kind) || is_reference_kind(kind, &entry.key) => (
                Severity::Error,
                format!("no kind of {kind} is called `{}` in this build", entry.key),
            ),
            _ => (
                self.unknown,
                format!("unknown field `{}`, which has no effect", entry.key),
            ),
        };
        let help = meant.map(|meant| format!("did you mean `{meant}`?"));
        if severity == Severity::Error {
            // What was meant is missing now, which need not be said too.
            self.out.amended.push(path.clone());
        }
        self.out
            .problems
            .push(Problem::new(severity, path.clone(), message).maybe_help(help));
    }

    /// Takes a value that may be one of several things.
    fn alternative(
        &mut self,
        node: &Node,
        schemas: &[&'a Value],
        path: &FieldPath,
    ) -> Option<Value> {
        if let [only] = schemas {
            return self.value(node, only, path);
        }
        for schema in schemas {
            let Self {
                definitions,
                text,
                unknown,
                ..
            } = *self;
            let mut attempt = Walk {
                definitions,
                text,
                unknown,
                out: Conformed::default(),
            };
            let value = attempt.value(node, schema, path);
            if value.is_some() && !attempt.out.problems.has_errors() {
                self.out.problems.extend(attempt.out.problems);
                self.out.selectors.extend(attempt.out.selectors);
                return value;
            }
        }
        let wanted: Vec<_> = schemas
            .iter()
            .map(|schema| expected(self.resolved(schema)))
            .collect();
        let message = format!("expected {}, found {}", wanted.join(" or "), found(node));
        self.amend(Problem::error(FieldPath::root(), message), path);
        None
    }

    fn word(&mut self, node: &Node, words: &[&str], path: &FieldPath) -> Option<Value> {
        let problem = match node.text() {
            Some(text) if words.contains(&text) => return Some(Value::from(text)),
            Some(text) => {
                let help = suggest::help(text, words.iter().copied());
                Problem::error(FieldPath::root(), format!("{text:?} is not known here"))
                    .maybe_help(help)
            }
            None => Problem::error(
                FieldPath::root(),
                format!("expected a text, found {}", found(node)),
            )
            .help(format!("use one of: {}", words.join(", "))),
        };
        self.amend(problem, path);
        None
    }
}

fn misfit(schema: &Value, node: &Node) -> String {
    format!("expected {}, found {}", expected(schema), found(node))
}

/// Tells whether members that are not listed belong to somebody else, such as those of an object
/// within a manifest.
fn is_open(schema: &Value) -> bool {
    schema["x-kubernetes-preserve-unknown-fields"] == Value::Bool(true)
}

fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/$defs/")
}

/// Returns what a schema lets choose from, null left out; `None` if it gives no choice.
fn alternatives(schema: &Value) -> Option<Vec<&Value>> {
    let all = schema["anyOf"].as_array().or(schema["oneOf"].as_array())?;
    if all
        .iter()
        .all(|one| one["const"].is_string() || one["enum"].is_array())
    {
        return None;
    }
    Some(all.iter().filter(|one| one["type"] != "null").collect())
}

/// Returns the words that a schema allows, if it is a list of words.
fn allowed(schema: &Value) -> Option<Vec<&str>> {
    if let Some(word) = schema["const"].as_str() {
        return Some(vec![word]);
    }
    if let Some(words) = schema["enum"].as_array() {
        return Some(words.iter().filter_map(Value::as_str).collect());
    }
    let all = schema["oneOf"].as_array().or(schema["anyOf"].as_array())?;
    Some(all.iter().filter_map(allowed).flatten().collect())
}

/// Returns the type that a schema asks for, null left out.
fn type_of(schema: &Value) -> Option<&str> {
    match &schema["type"] {
        Value::String(name) => Some(name),
        Value::Array(names) => names
            .iter()
            .filter_map(Value::as_str)
            .find(|name| *name != "null"),
        _ => None,
    }
}

/// Returns what Go's decoder makes of nothing.
fn zero(schema: &Value) -> Option<Value> {
    Some(match type_of(schema)? {
        "object" => Value::Object(Map::new()),
        "array" => Value::Array(Vec::new()),
        "string" => Value::from(""),
        "boolean" => Value::from(false),
        _ => Value::from(0),
    })
}
