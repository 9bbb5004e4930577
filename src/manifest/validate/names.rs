//! Names of objects and events.

use argo_events_core::{FieldPath, Problem, Problems, api::Metadata};

/// Longest name of an object.
const LONGEST: usize = 253;

/// Checks that an object has a name that Kubernetes would take.
pub(super) fn object(metadata: &Metadata, problems: &mut Problems) {
    let path = FieldPath::root().field("metadata").field("name");
    if metadata.name.is_empty() {
        problems.push(Problem::error(path, "is required").help("for example `orders`"));
        return;
    }
    if !is_subdomain(&metadata.name) {
        let message = format!("{:?} is not a name of an object", metadata.name);
        let help =
            "use lower-case letters, digits and `-`, beginning and ending with a letter or digit";
        problems.push(Problem::error(path, message).help(help));
    }
}

fn is_subdomain(name: &str) -> bool {
    let is_label = |label: &str| {
        let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        !label.is_empty()
            && label.bytes().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= LONGEST && name.split('.').all(is_label)
}

/// Checks the name of an event, which becomes part of subjects and keys on the bus.
pub(super) fn event(name: &str, path: &FieldPath, problems: &mut Problems) {
    if name.is_empty() {
        problems.error(path.clone(), "the name of the event is empty");
        return;
    }
    if let Some(sign) = name
        .chars()
        .find(|c| c.is_whitespace() || c.is_control() || ".*>/".contains(*c))
    {
        let message =
            format!("the name of the event has a {sign:?}, which not every bus can carry");
        let help = "use letters, digits, `-` and `_`";
        problems.push(Problem::warning(path.clone(), message).help(help));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_objects_are_those_of_kubernetes() {
        for name in ["orders", "a.b-c", "0"] {
            assert!(is_subdomain(name), "{name}");
        }
        for name in ["", "Orders", "a_b", "-a", "a.", "a b"] {
            assert!(!is_subdomain(name), "{name}");
        }
    }
}
