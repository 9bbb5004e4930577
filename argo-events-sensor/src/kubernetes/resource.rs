//! Where objects of a kind are found on the API server.

use argo_events_core::{Error, ErrorKind, Result};

/// Kinds without a namespace that the reference knows; only asked where discovery is forbidden.
const CLUSTER_WIDE: [&str; 5] = [
    "namespaces",
    "nodes",
    "persistentvolumes",
    "clusterroles",
    "clusterrolebindings",
];

/// Where objects of a kind are found on the API server.
///
/// ```
/// use argo_events_sensor::kubernetes::Resource;
///
/// let policies = Resource::guess("networking.k8s.io/v1", "NetworkPolicy")?;
/// let path = "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies/deny";
/// assert_eq!(policies.path("shop", Some("deny"))?, path);
/// # Ok::<(), argo_events_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Where its group and version are, such as `/apis/batch/v1`.
    root: String,
    /// Name in paths, such as `jobs`.
    pub plural: String,
    /// Whether its objects live in namespaces.
    pub is_namespaced: bool,
}

impl Resource {
    /// Makes a resource of what discovery says.
    ///
    /// # Errors
    /// `ConfigInvalid`, permanent, when `api_version` is neither `version` nor `group/version`.
    pub fn new(api_version: &str, plural: impl Into<String>, is_namespaced: bool) -> Result<Self> {
        Ok(Self {
            root: root(api_version)?,
            plural: plural.into(),
            is_namespaced,
        })
    }

    /// Guesses where a kind is found, by the reference's rule for English plurals.
    ///
    /// # Errors
    /// `ConfigInvalid`, permanent, when `api_version` is neither `version` nor `group/version`, or
    /// there is no kind.
    pub fn guess(api_version: &str, kind: &str) -> Result<Self> {
        if kind.is_empty() {
            return Err(invalid("the object has no kind"));
        }
        let plural = plural(&kind.to_lowercase());
        let is_namespaced = !CLUSTER_WIDE.contains(&plural.as_str());
        Self::new(api_version, plural, is_namespaced)
    }

    /// Returns the path of all objects in a namespace, or of one; the namespace is ignored for kinds
    /// without.
    ///
    /// # Errors
    /// `ConfigInvalid`, permanent, for a name that would lead elsewhere, such as `..`.
    pub fn path(&self, namespace: &str, name: Option<&str>) -> Result<String> {
        let mut path = self.root.clone();
        if self.is_namespaced {
            push(&mut path, "namespaces", "namespace")?;
            push(&mut path, namespace, "namespace")?;
        }
        push(&mut path, &self.plural, "kind")?;
        if let Some(name) = name {
            push(&mut path, name, "name")?;
        }
        Ok(path)
    }
}

/// Returns where a group and version are, which is also where they are described.
pub(super) fn root(api_version: &str) -> Result<String> {
    let parts: Vec<&str> = api_version.split('/').collect();
    let mut path = match parts.as_slice() {
        [version] if !version.is_empty() => "/api".to_owned(),
        [group, version] if !group.is_empty() && !version.is_empty() => "/apis".to_owned(),
        _ => {
            let message = "apiVersion must be version or group/version, such as v1 or batch/v1";
            return Err(invalid(message).with("apiVersion", api_version));
        }
    };
    for part in parts {
        push(&mut path, part, "apiVersion")?;
    }
    Ok(path)
}

/// Appends a segment that must not lead elsewhere.
fn push(path: &mut String, segment: &str, what: &'static str) -> Result<()> {
    if segment.is_empty() {
        return Err(invalid(format!("the object has no {what}")));
    }
    if matches!(segment, "." | "..") || segment.contains(['/', '%']) {
        let message = format!("the {what} may not be . or .., nor contain / or %");
        return Err(invalid(message).with(what, segment));
    }
    path.push('/');
    for byte in segment.bytes() {
        let passes = byte.is_ascii_alphanumeric() || b"-_.~$&+,:;=@".contains(&byte);
        if passes {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
    }
    Ok(())
}

/// Makes the plural of a lower-case word as the reference does, which is not always English.
fn plural(word: &str) -> String {
    let stem = |letters: usize| &word[..word.len() - letters];
    match word.as_bytes() {
        _ if word == "eventbus" => word.to_owned(),
        [] | [_] => word.to_owned(),
        [.., b's' | b'x' | b'z'] | [.., b'c' | b's', b'h'] => format!("{word}es"),
        [.., before, b'y'] if is_consonant(*before) => format!("{}ies", stem(1)),
        [.., b'f', b'e'] => format!("{}ves", stem(2)),
        [.., b'f'] => format!("{}ves", stem(1)),
        _ => format!("{word}s"),
    }
}

fn is_consonant(letter: u8) -> bool {
    letter.is_ascii_lowercase() && !b"aeiou".contains(&letter)
}

fn invalid(message: impl Into<String>) -> Error {
    Error::permanent(ErrorKind::ConfigInvalid, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals_are_the_references() {
        for (kind, wanted) in [
            ("Pod", "pods"),
            ("Endpoints", "endpointses"),
            ("NetworkPolicy", "networkpolicies"),
            ("Gateway", "gateways"),
            ("Leaf", "leaves"),
            ("Knife", "knives"),
            ("Roof", "rooves"),
            ("Box", "boxes"),
            ("Quiz", "quizes"),
            ("Fish", "fishes"),
            ("EventBus", "eventbus"),
            ("Übung", "übungs"),
            ("S", "s"),
            ("x", "x"),
        ] {
            assert_eq!(
                Resource::guess("v1", kind).unwrap().plural,
                wanted,
                "{kind}"
            );
        }
    }

    #[test]
    fn names_that_would_lead_elsewhere_are_refused() {
        let pods = Resource::guess("v1", "Pod").unwrap();
        for name in ["..", ".", "a/b", "a%2fb", ""] {
            assert!(pods.path("ns", Some(name)).is_err(), "{name}");
            assert!(pods.path(name, Some("a")).is_err(), "{name}");
        }
        assert!(Resource::guess("../v1", "Pod").is_err());
        assert!(Resource::guess("a/b/c", "Pod").is_err());
        assert!(Resource::guess("", "Pod").is_err());
    }

    #[test]
    fn paths_are_escaped() {
        let pods = Resource::guess("v1", "Pod").unwrap();
        let path = pods.path("n", Some("a bü"));
        assert_eq!(path.unwrap(), "/api/v1/namespaces/n/pods/a%20b%C3%BC");
        let nodes = Resource::guess("v1", "Node").unwrap();
        assert_eq!(nodes.path("ignored", None).unwrap(), "/api/v1/nodes");
    }
}
