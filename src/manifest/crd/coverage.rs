//! Compares a definition with a JSON schema of the same kind, property by property.
//!
//! Says what a definition does not know. It neither compares types nor descriptions.

use super::structural::{INT_OR_STRING, OPAQUE};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// How much of a schema a definition knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Coverage {
    /// Properties that the definition lists.
    pub listed: usize,
    /// Properties below something that the definition keeps without looking into it, by its path.
    pub kept: BTreeMap<String, usize>,
    /// Paths of properties that the definition does not know.
    pub missing: Vec<String>,
}

impl Coverage {
    /// Compares a definition with the schema of its kind among the `definitions` of a JSON schema.
    ///
    /// `None` if the schema has no definition of that kind.
    #[must_use]
    pub fn of(definition: &Value, schema: &Value) -> Option<Self> {
        let kind = definition["spec"]["names"]["kind"].as_str()?;
        let definitions = schema["definitions"].as_object()?;
        let suffix = format!(".events.v1alpha1.{kind}");
        let (name, wanted) = definitions
            .iter()
            .find(|(name, _)| name.ends_with(&suffix))?;
        let own = &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
        let mut walk = Walk {
            definitions,
            within: vec![name],
            found: Self::default(),
        };
        walk.object(own, wanted, kind);
        Some(walk.found)
    }

    /// Returns how many properties the definition keeps without looking into them.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.kept.values().sum()
    }
}

struct Walk<'a> {
    definitions: &'a Map<String, Value>,
    /// Definitions that are being looked at, so that those that contain themselves end.
    within: Vec<&'a str>,
    found: Coverage,
}

impl<'a> Walk<'a> {
    fn object(&mut self, own: &Value, wanted: &'a Value, path: &str) {
        for (name, property) in wanted["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}.{name}");
            match &own["properties"][name] {
                Value::Null => self.found.missing.push(path),
                known => {
                    self.found.listed += 1;
                    self.value(known, property, &path);
                }
            }
        }
    }

    fn value(&mut self, own: &Value, wanted: &'a Value, path: &str) {
        let (name, wanted) = self.resolved(wanted);
        if is_kept(own) {
            let below = self.count(name, wanted);
            if below > 0 {
                *self.found.kept.entry(path.to_owned()).or_default() += below;
            }
            return;
        }
        if name.is_some_and(|name| self.within.contains(&name)) {
            return;
        }
        self.within.extend(name);
        match (&wanted["items"], &wanted["additionalProperties"]) {
            (Value::Object(_), _) => {
                self.value(&own["items"], &wanted["items"], &format!("{path}[]"))
            }
            (_, Value::Object(_)) => {
                let each = &wanted["additionalProperties"];
                self.value(&own["additionalProperties"], each, &format!("{path}.*"));
            }
            _ => self.object(own, wanted, path),
        }
        self.within
            .truncate(self.within.len() - usize::from(name.is_some()));
    }

    /// Counts the properties of a schema and of what it contains, of nothing twice on one way.
    fn count(&mut self, name: Option<&'a str>, wanted: &'a Value) -> usize {
        if name.is_some_and(|name| self.within.contains(&name)) {
            return 0;
        }
        self.within.extend(name);
        let properties = wanted["properties"].as_object().into_iter().flatten();
        let mut all = 0;
        for (_, property) in properties {
            all += 1 + self.count_below(property);
        }
        for keyword in ["items", "additionalProperties"] {
            if wanted[keyword].is_object() {
                all += self.count_below(&wanted[keyword]);
            }
        }
        self.within
            .truncate(self.within.len() - usize::from(name.is_some()));
        all
    }

    fn count_below(&mut self, wanted: &'a Value) -> usize {
        let (name, wanted) = self.resolved(wanted);
        self.count(name, wanted)
    }

    fn resolved(&self, wanted: &'a Value) -> (Option<&'a str>, &'a Value) {
        let reference = wanted["$ref"]
            .as_str()
            .and_then(|it| it.strip_prefix("#/definitions/"));
        match reference.and_then(|name| self.definitions.get_key_value(name)) {
            Some((name, definition)) => (Some(name), definition),
            None => (None, wanted),
        }
    }
}

/// Tells whether everything below is kept as it is.
fn is_kept(own: &Value) -> bool {
    let says_nothing = own["properties"].is_null() && own["additionalProperties"].is_null();
    let keeps = own[OPAQUE] == true || own[INT_OR_STRING] == true;
    // The API server knows the inside of `metadata` by itself.
    let is_metadata = own["type"] == "object" && own.as_object().is_some_and(|own| own.len() == 1);
    says_nothing && (keeps || is_metadata)
}
