//! Values that are no manifests, read as manifests are: each knows its place.

use super::{Diagnostics, Located, document::at, file::File, located::Origin, yaml};
use argo_events_core::Severity;
use serde_json::Value;
use std::sync::Arc;

impl Located<Value> {
    /// Reads every document of a YAML or JSON text; `name` stands for it in diagnostics.
    ///
    /// ```
    /// use argo_events::manifest::Located;
    ///
    /// let values = Located::read("cases.yaml", "cases: [{ name: first }]").unwrap();
    /// assert_eq!(values[0]["cases"][0]["name"], "first");
    /// ```
    ///
    /// # Errors
    /// What is wrong with the text, keys given twice included.
    pub fn read(
        name: impl Into<String>,
        text: impl Into<String>,
    ) -> Result<Vec<Self>, Diagnostics> {
        let file = File::new(name.into(), text.into());
        let (nodes, faults) = yaml::read(&file.text);
        let mut diagnostics = Diagnostics::default();
        for fault in faults {
            diagnostics.push(at(
                &file,
                fault.offset,
                Severity::Error,
                fault.message,
                fault.help,
            ));
        }
        if !diagnostics.is_empty() {
            return Err(diagnostics);
        }
        let located = nodes.into_iter().map(|node| {
            let (value, object) = (node.value(), String::new());
            let origin = Origin {
                file: Arc::clone(&file),
                node,
                object,
            };
            Self::new(value, origin)
        });
        Ok(located.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use argo_events_core::FieldPath;

    #[test]
    fn a_value_knows_the_place_of_its_parts() {
        let values = Located::read("a.yaml", "x: 1\n---\n- y\n- z: 2\n").unwrap();
        let place = values[1].place_of(&FieldPath::root().index(1).field("z"));
        assert_eq!(place.to_string(), "a.yaml:4:6");
    }

    #[test]
    fn a_broken_text_says_where() {
        let diagnostics = Located::read("a.yaml", "x: [\n").unwrap_err();
        assert!(diagnostics.has_errors());
        assert!(diagnostics.to_string().contains("a.yaml:"), "{diagnostics}");
    }
}
