//! Versions and their order.

use super::grammar::VERSION;
use crate::{
    gostrconv::parse_uint,
    govalue::{Failure, Function, Kind, Object, Type, Value},
    sprig::Outcome,
};
use std::{any::Any, borrow::Cow, cmp::Ordering, fmt, rc::Rc};

/// The longest text of a version.
const MAX_BYTES: usize = 256;
const POINTER: Type = Type::Named("*semver.Version", Kind::Pointer);
const STRUCT: Type = Type::Named("semver.Version", Kind::Struct);

/// A version: three numbers, a pre-release and metadata, which does not count when comparing.
#[derive(Clone, Debug, Default)]
pub(super) struct Version {
    pub(super) major: u64,
    pub(super) minor: u64,
    pub(super) patch: u64,
    pub(super) prerelease: String,
    metadata: String,
    original: String,
    is_struct: bool,
}

impl Version {
    /// Reads a version; minor and patch may be missing, and a `v` may lead.
    pub(super) fn parse(text: &[u8]) -> Result<Self, Failure> {
        if text.len() > MAX_BYTES {
            return Err(format!("version string is too long (max {MAX_BYTES} bytes)").into());
        }
        let found = VERSION.captures(text).ok_or("invalid semantic version")?;
        let group = |number| found.get(number).map_or(&b""[..], |range| &text[range]);
        let words = |number| String::from_utf8_lossy(group(number)).into_owned();
        let version = Self {
            major: segment(group(1))?,
            minor: segment(group(2))?,
            patch: segment(group(3))?,
            prerelease: words(5),
            metadata: words(8),
            original: String::from_utf8_lossy(text).into_owned(),
            is_struct: false,
        };
        let starts_with_zero = |word: &str| {
            word.len() > 1
                && word.starts_with('0')
                && word.bytes().all(|byte| byte.is_ascii_digit())
        };
        if version.prerelease.split('.').any(starts_with_zero) {
            return Err("version segment starts with 0".into());
        }
        Ok(version)
    }

    /// Orders versions; a pre-release comes before its version.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        (self.major, self.minor, self.patch)
            .cmp(&(other.major, other.minor, other.patch))
            .then_with(|| match (&*self.prerelease, &*other.prerelease) {
                ("", "") => Ordering::Equal,
                ("", _) => Ordering::Greater,
                (_, "") => Ordering::Less,
                (left, right) => compare_prereleases(left, right),
            })
    }

    /// Gives the version after this one that `raise` makes, as a struct.
    fn next(&self, raise: impl FnOnce(&mut Self) -> Option<()>) -> Outcome {
        let mut next = Self {
            is_struct: true,
            ..self.clone()
        };
        raise(&mut next).ok_or("version increment would overflow uint64")?;
        next.prerelease.clear();
        next.metadata.clear();
        let prefix = if self.original.starts_with('v') {
            "v"
        } else {
            ""
        };
        next.original = format!("{prefix}{next}");
        Ok(Value::Object(Rc::new(next)))
    }
}

fn segment(text: &[u8]) -> Result<u64, Failure> {
    let digits = text.strip_prefix(b".").unwrap_or(text);
    if digits.is_empty() {
        return Ok(0);
    }
    let number = parse_uint(digits, 10);
    number.map_err(|error| format!("error parsing version segment: {error}").into())
}

/// Orders pre-releases word by word; a missing word is smaller than any.
pub(super) fn compare_prereleases(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.split('.'), right.split('.'));
    loop {
        let (left, right) = (left.next(), right.next());
        if left.is_none() && right.is_none() {
            return Ordering::Equal;
        }
        let order = compare_words(left.unwrap_or_default(), right.unwrap_or_default());
        if order.is_ne() {
            return order;
        }
    }
}

/// Orders words; numbers are smaller than others, and count by their size.
fn compare_words(left: &str, right: &str) -> Ordering {
    if left == right || left.is_empty() || right.is_empty() {
        return left.len().cmp(&right.len());
    }
    match (parse_uint(left, 10), parse_uint(right, 10)) {
        (Ok(left), Ok(right)) if left > right => Ordering::Greater,
        // Equal numbers are not written alike here, and then the left one counts as smaller.
        (Ok(_), Ok(_)) => Ordering::Less,
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => left.cmp(right),
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if !self.prerelease.is_empty() {
            write!(formatter, "-{}", self.prerelease)?;
        }
        if !self.metadata.is_empty() {
            write!(formatter, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

impl Object for Version {
    fn type_name(&self) -> Cow<'static, str> {
        if self.is_struct {
            STRUCT.name()
        } else {
            POINTER.name()
        }
    }

    fn kind(&self) -> Kind {
        if self.is_struct {
            Kind::Struct
        } else {
            Kind::Pointer
        }
    }

    fn text(&self) -> Option<String> {
        Some(self.to_string())
    }

    fn method(&self, name: &str) -> Option<&'static Function> {
        METHODS.iter().find(|method| method.name == name)
    }

    fn to_json(&self) -> Option<Value> {
        Some(self.to_string().into())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn go_type(&self) -> Option<Type> {
        Some(if self.is_struct { STRUCT } else { POINTER })
    }
}

/// Parameters do not name the version itself, which comes before all arguments.
const NONE: &[Type] = &[];
const OTHER: &[Type] = &[POINTER];

/// What templates may call on a version.
static METHODS: [Function; 16] = [
    Function::new("Major", NONE, |_, values| {
        Ok(Value::Uint64(version(values, 0)?.major))
    }),
    Function::new("Minor", NONE, |_, values| {
        Ok(Value::Uint64(version(values, 0)?.minor))
    }),
    Function::new("Patch", NONE, |_, values| {
        Ok(Value::Uint64(version(values, 0)?.patch))
    }),
    Function::new("Prerelease", NONE, |_, values| {
        Ok(version(values, 0)?.prerelease.clone().into())
    }),
    Function::new("Metadata", NONE, |_, values| {
        Ok(version(values, 0)?.metadata.clone().into())
    }),
    Function::new("Original", NONE, |_, values| {
        Ok(version(values, 0)?.original.clone().into())
    }),
    Function::new("String", NONE, |_, values| {
        Ok(version(values, 0)?.to_string().into())
    }),
    Function::new("IncMajor", NONE, |_, values| {
        version(values, 0)?.next(|next| {
            (next.minor, next.patch) = (0, 0);
            next.major = next.major.checked_add(1)?;
            Some(())
        })
    }),
    Function::new("IncMinor", NONE, |_, values| {
        version(values, 0)?.next(|next| {
            next.patch = 0;
            next.minor = next.minor.checked_add(1)?;
            Some(())
        })
    }),
    Function::new("IncPatch", NONE, |_, values| {
        version(values, 0)?.next(|next| {
            // A pre-release is followed by its version.
            if next.prerelease.is_empty() {
                next.patch = next.patch.checked_add(1)?;
            }
            Some(())
        })
    }),
    Function::new("Compare", OTHER, |_, values| {
        Ok(Value::Int(ordered(values)? as i64))
    }),
    Function::new("Equal", OTHER, |_, values| {
        Ok(ordered(values)?.is_eq().into())
    }),
    Function::new("LessThan", OTHER, |_, values| {
        Ok(ordered(values)?.is_lt().into())
    }),
    Function::new("LessThanEqual", OTHER, |_, values| {
        Ok(ordered(values)?.is_le().into())
    }),
    Function::new("GreaterThan", OTHER, |_, values| {
        Ok(ordered(values)?.is_gt().into())
    }),
    Function::new("GreaterThanEqual", OTHER, |_, values| {
        Ok(ordered(values)?.is_ge().into())
    }),
];

fn ordered(values: &[Value]) -> Result<Ordering, Failure> {
    Ok(version(values, 0)?.compare(version(values, 1)?))
}

/// Gives the version at a place.
fn version(values: &[Value], place: usize) -> Result<&Version, Failure> {
    let version = match values.get(place) {
        Some(Value::Object(object)) => object.as_any().downcast_ref(),
        _ => None,
    };
    version.ok_or_else(|| "the method takes a version".into())
}
