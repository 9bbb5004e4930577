//! Checks whether a document is JSON, however deep it nests.

use crate::gojson::is_json;

/// Tells whether a document is one JSON value with nothing but white space around it.
///
/// Grammar only: bytes that are not UTF-8, lone surrogates, repeated names and any depth of
/// nesting are accepted.
///
/// ```
/// use argo_events_expr::gjson::valid;
/// assert!(valid(r#"{"a": [1, 2e3]}"#));
/// assert!(!valid(r#"{"a": [1, 02]}"#));
/// assert!(!valid(""));
/// ```
#[must_use]
pub fn valid(json: impl AsRef<[u8]>) -> bool {
    is_json(json.as_ref(), usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn grammar_decides() {
        for json in [
            "0",
            "-0.5e+1",
            " [ ] ",
            r#"{"a":{},"a":[null,true,false]}"#,
            r#""\u00E9\/""#,
        ] {
            assert!(valid(json), "{json}");
        }
        for json in [
            "-",
            "01",
            "1.",
            ".5",
            "1e",
            "+1",
            "[1,]",
            "[,1]",
            "{,}",
            r#"{"a"}"#,
            r#"{"a":1,}"#,
            "{1:2}",
            "[}",
            "tru",
            "nulls",
            "1 2",
            r#""\x""#,
            r#""\u12g4""#,
            "\"\t\"",
            "\"",
            "[",
            "[1",
            "nan",
        ] {
            assert!(!valid(json), "{json}");
        }
    }

    #[test]
    fn nesting_costs_no_stack() {
        let deep = 1 << 20;
        assert!(valid("[".repeat(deep) + &"]".repeat(deep)));
        assert!(!valid("[".repeat(deep)));
        assert!(!valid("{\"a\":".repeat(deep)));
    }

    proptest! {
        #[test]
        fn agrees_with_a_strict_parser(json in r#"[ \[\]{}:,"a0-2.eE+\-\\untrlf]{0,12}"#) {
            let strict = serde_json::from_str::<serde_json::Value>(&json);
            let differs = strict.is_err_and(|error| {
                let message = error.to_string();
                message.contains("out of range") || message.contains("hex escape") || message.contains("surrogate")
            });
            prop_assume!(!differs);
            prop_assert_eq!(valid(&json), serde_json::from_str::<serde_json::Value>(&json).is_ok());
        }
    }
}
