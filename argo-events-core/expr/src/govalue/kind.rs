//! Types and kinds as Go's package `reflect` names them.

use std::borrow::Cow;

/// What sort of type a type is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "named as in Go")]
pub enum Kind {
    Invalid,
    Bool,
    Int,
    Int32,
    Int64,
    Uint8,
    Uint32,
    Uint64,
    Float64,
    Complex128,
    Func,
    Interface,
    Map,
    Pointer,
    Slice,
    String,
    Struct,
}

impl Kind {
    /// Gives the name, as sprig's `kindOf` does.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Uint8 => "uint8",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
            Self::Float64 => "float64",
            Self::Complex128 => "complex128",
            Self::Func => "func",
            Self::Interface => "interface",
            Self::Map => "map",
            Self::Pointer => "ptr",
            Self::Slice => "slice",
            Self::String => "string",
            Self::Struct => "struct",
        }
    }

    /// Tells whether values are whole numbers with a sign.
    #[must_use]
    pub fn is_signed(self) -> bool {
        matches!(self, Self::Int | Self::Int32 | Self::Int64)
    }

    /// Tells whether values are whole numbers without a sign.
    #[must_use]
    pub fn is_unsigned(self) -> bool {
        matches!(self, Self::Uint8 | Self::Uint32 | Self::Uint64)
    }
}

/// A type of Go: of a parameter, of a list's elements or of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in Go")]
pub enum Type {
    /// `interface {}`.
    Any,
    Bool,
    Int,
    Int32,
    Int64,
    Uint8,
    Uint32,
    Uint64,
    Float64,
    Complex128,
    String,
    Time,
    Duration,
    /// `error`, an interface.
    Error,
    /// `reflect.Value`: any value, as the functions of templates themselves take it.
    Reflect,
    Slice(&'static Type),
    /// A map whose names are texts.
    Map(&'static Type),
    /// A named type, such as `*semver.Version`, that only an [`Object`](super::Object) has.
    Named(&'static str, Kind),
}

impl Type {
    /// `[]interface {}`.
    pub const ANYS: Self = Self::Slice(&Self::Any);
    /// `[]string`.
    pub const STRINGS: Self = Self::Slice(&Self::String);
    /// `[]int`.
    pub const INTS: Self = Self::Slice(&Self::Int);
    /// `map[string]interface {}`.
    pub const ANY_MAP: Self = Self::Map(&Self::Any);
    /// `map[string]string`.
    pub const STRING_MAP: Self = Self::Map(&Self::String);

    /// Gives the sort of the type.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Self::Any | Self::Error => Kind::Interface,
            Self::Bool => Kind::Bool,
            Self::Int => Kind::Int,
            Self::Int32 => Kind::Int32,
            Self::Int64 | Self::Duration => Kind::Int64,
            Self::Uint8 => Kind::Uint8,
            Self::Uint32 => Kind::Uint32,
            Self::Uint64 => Kind::Uint64,
            Self::Float64 => Kind::Float64,
            Self::Complex128 => Kind::Complex128,
            Self::String => Kind::String,
            Self::Time | Self::Reflect => Kind::Struct,
            Self::Slice(_) => Kind::Slice,
            Self::Map(_) => Kind::Map,
            Self::Named(_, kind) => kind,
        }
    }

    /// Gives the name as `reflect` spells it.
    #[must_use]
    pub fn name(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Any => "interface {}",
            Self::Time => "time.Time",
            Self::Duration => "time.Duration",
            Self::Error => "error",
            Self::Reflect => "reflect.Value",
            Self::Slice(Self::Any) => "[]interface {}",
            Self::Slice(Self::String) => "[]string",
            Self::Map(Self::Any) => "map[string]interface {}",
            Self::Slice(element) => return format!("[]{}", element.name()).into(),
            Self::Map(member) => return format!("map[string]{}", member.name()).into(),
            Self::Named(name, _) => name,
            _ => self.kind().name(),
        })
    }
}
