//! What selectors may say, and the selector that the API server is given.
//!
//! The rest of the filter looks at objects and is in `object`.

use super::Selector;

/// What can happen to an object.
pub(super) const EVENT_TYPES: [&str; 3] = ["ADD", "UPDATE", "DELETE"];
/// How labels are compared.
pub(super) const LABEL_OPERATIONS: [&str; 9] =
    ["=", "==", "!=", "in", "notin", "exists", "!", "gt", "lt"];
/// How fields are compared.
pub(super) const FIELD_OPERATIONS: [&str; 3] = ["=", "==", "!="];
/// Longest name of a label without its prefix, and longest value.
const LONGEST: usize = 63;

/// Why a selector can be about no label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LabelFault {
    Key,
    Value,
    Number,
}

impl Selector {
    /// Returns the operation, which may be left out.
    pub(super) fn operation(&self) -> &str {
        match &*self.operation {
            "" => "=",
            given => given,
        }
    }

    /// Tells whether the operation compares nothing.
    pub(super) fn needs_no_value(&self) -> bool {
        matches!(self.operation(), "exists" | "!")
    }

    /// Finds what the API server would refuse.
    pub(super) fn label_fault(&self) -> Option<LabelFault> {
        let name = self
            .key
            .rsplit_once('/')
            .map_or(&*self.key, |(_, name)| name);
        let prefix = &self.key[..self.key.len() - name.len()];
        if !self.key.is_empty() && (name.is_empty() || !is_word(name) || prefix.contains(' ')) {
            return Some(LabelFault::Key);
        }
        let mut values = self.value.split(',');
        match self.operation() {
            "exists" | "!" => None,
            "in" | "notin" => (!values.all(is_word)).then_some(LabelFault::Value),
            "gt" | "lt" => self
                .value
                .parse::<i64>()
                .is_err()
                .then_some(LabelFault::Number),
            _ => (!is_word(&self.value)).then_some(LabelFault::Value),
        }
    }

    /// Writes one requirement in the API's language.
    #[cfg(feature = "resource")]
    fn requirement(&self) -> String {
        let (key, value) = (&self.key, &self.value);
        match self.operation() {
            "exists" => key.clone(),
            "!" => format!("!{key}"),
            operation @ ("in" | "notin") => format!("{key} {operation} ({value})"),
            "gt" => format!("{key}>{value}"),
            "lt" => format!("{key}<{value}"),
            operation => format!("{key}{operation}{value}"),
        }
    }
}

/// Tells whether a text can be a label's name or value.
fn is_word(text: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let ends = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    text.len() <= LONGEST && text.bytes().all(inside) && ends(bytes.first()) && ends(bytes.last())
}

/// Writes the selector for the API server; `None` if every object will do.
#[cfg(feature = "resource")]
pub(super) fn label_selector(selectors: &[Selector]) -> Option<String> {
    let requirements: Vec<_> = selectors.iter().map(Selector::requirement).collect();
    (!requirements.is_empty()).then(|| requirements.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selector(key: &str, operation: &str, value: &str) -> Selector {
        let [key, operation, value] = [key, operation, value].map(str::to_owned);
        Selector {
            key,
            operation,
            value,
        }
    }

    #[test]
    #[cfg(feature = "resource")]
    fn every_operation_has_its_form() {
        let selectors = [
            selector("a", "", "1"),
            selector("b", "==", "2"),
            selector("c", "!=", "3"),
            selector("d", "in", "4,5"),
            selector("e", "notin", "6"),
            selector("f", "exists", "ignored"),
            selector("g", "!", ""),
            selector("h/i", "gt", "7"),
            selector("j", "lt", "8"),
        ];
        let wanted = "a=1,b==2,c!=3,d in (4,5),e notin (6),f,!g,h/i>7,j<8";
        assert_eq!(label_selector(&selectors).as_deref(), Some(wanted));
        assert_eq!(label_selector(&[]), None);
    }

    #[test]
    fn what_no_label_can_be_is_found() {
        let fault = |key, operation, value| selector(key, operation, value).label_fault();
        assert_eq!(fault("a.b/c_d-e", "=", "x.y"), None);
        assert_eq!(fault("a", "=", ""), None);
        assert_eq!(fault("a b", "=", "x"), Some(LabelFault::Key));
        assert_eq!(fault("a/", "=", "x"), Some(LabelFault::Key));
        assert_eq!(fault("a", "=", "x y"), Some(LabelFault::Value));
        assert_eq!(fault("a", "in", "x,-y"), Some(LabelFault::Value));
        assert_eq!(fault("a", "gt", "many"), Some(LabelFault::Number));
        assert_eq!(fault("a", "exists", "x y"), None);
    }
}
