//! A number of bytes as manifests write it: `1Gi`, `500M`, or an integer.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{borrow::Cow, fmt, str::FromStr};

const UNITS: [(&str, u64); 8] = [
    ("Ti", 1 << 40),
    ("Gi", 1 << 30),
    ("Mi", 1 << 20),
    ("Ki", 1 << 10),
    ("T", 1_000_000_000_000),
    ("G", 1_000_000_000),
    ("M", 1_000_000),
    ("k", 1_000),
];

/// A number of bytes, read from text such as `1Gi` or from an integer.
///
/// ```
/// use argo_events_bus::ByteSize;
///
/// assert_eq!("64Mi".parse::<ByteSize>()?, ByteSize(64 * 1024 * 1024));
/// assert_eq!(ByteSize(1500).to_string(), "1500");
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteSize(pub u64);

impl FromStr for ByteSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unit = UNITS
            .iter()
            .find_map(|(name, factor)| Some((text.strip_suffix(name)?, factor)));
        let (digits, factor) = unit.unwrap_or((text, &1));
        let count = digits
            .parse::<u64>()
            .ok()
            .filter(|_| !digits.starts_with('+'));
        count
            .and_then(|count| count.checked_mul(*factor))
            .map(Self)
            .ok_or_else(|| {
                format!("{text:?} is not a number of bytes; write \"64Mi\", \"1G\" or 1048576")
            })
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let binary = &UNITS[..4];
        match binary
            .iter()
            .find(|(_, factor)| self.0 >= *factor && self.0.is_multiple_of(*factor))
        {
            Some((name, factor)) => write!(formatter, "{}{name}", self.0 / factor),
            None => write!(formatter, "{}", self.0),
        }
    }
}

impl Serialize for ByteSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(
            untagged,
            expecting = "expected a number of bytes such as \"64Mi\" or 1048576"
        )]
        enum Form {
            Count(u64),
            Text(String),
        }
        match Form::deserialize(deserializer)? {
            Form::Count(count) => Ok(Self(count)),
            Form::Text(text) => text.parse().map_err(D::Error::custom),
        }
    }
}

impl JsonSchema for ByteSize {
    fn schema_name() -> Cow<'static, str> {
        "ByteSize".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "a number of bytes such as \"64Mi\", or an integer",
            "x-kubernetes-int-or-string": true,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_read_with_its_unit() {
        for (text, expected) in [
            ("0", 0),
            ("17", 17),
            ("2k", 2000),
            ("2Ki", 2048),
            ("1Gi", 1 << 30),
        ] {
            assert_eq!(text.parse(), Ok(ByteSize(expected)), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_size_is_refused_with_an_example() {
        for text in [
            "",
            "Mi",
            "-1",
            "+1",
            "1.5Gi",
            "1GB",
            "99999999999Ti",
            "1 Gi",
        ] {
            let error = text.parse::<ByteSize>().unwrap_err();
            assert!(error.contains("write \"64Mi\""), "{text}: {error}");
        }
    }

    #[test]
    fn a_size_is_written_as_it_is_read() {
        for count in [0, 1, 1000, 1024, 1536, 1 << 20, 3 << 30, u64::MAX] {
            assert_eq!(ByteSize(count).to_string().parse(), Ok(ByteSize(count)));
        }
    }

    #[test]
    fn integers_and_texts_are_both_understood() {
        assert_eq!(
            serde_json::from_str::<ByteSize>("4096").unwrap(),
            ByteSize(4096)
        );
        assert_eq!(
            serde_json::from_str::<ByteSize>("\"4Ki\"").unwrap(),
            ByteSize(4096)
        );
    }
}
