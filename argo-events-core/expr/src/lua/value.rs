//! Values: small copies that name what the heap holds.

/// Names an object of one kind in the heap.
macro_rules! identifiers {
    ($($name:ident),*) => {$(
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) struct $name(pub(super) u32);

        impl $name {
            pub(super) fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

identifiers!(TextId, TableId, FunctionId, UpvalueId, ThreadId, ProxyId);

/// A value; equal texts have equal identifiers, so that equality never looks into the heap.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Value {
    #[default]
    Nil,
    Boolean(bool),
    Number(f64),
    Text(TextId),
    Table(TableId),
    Function(FunctionId),
    Thread(ThreadId),
    Proxy(ProxyId),
}

impl Value {
    pub(super) fn is_nil(self) -> bool {
        matches!(self, Self::Nil)
    }

    /// Tells whether a condition takes the value for true.
    pub(super) fn is_true(self) -> bool {
        !matches!(self, Self::Nil | Self::Boolean(false))
    }

    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Nil => Kind::Nil,
            Self::Boolean(_) => Kind::Boolean,
            Self::Number(_) => Kind::Number,
            Self::Text(_) => Kind::Text,
            Self::Table(_) => Kind::Table,
            Self::Function(_) => Kind::Function,
            Self::Thread(_) => Kind::Thread,
            Self::Proxy(_) => Kind::Proxy,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Nil,
    Boolean,
    Number,
    Text,
    Table,
    Function,
    Thread,
    Proxy,
}

impl Kind {
    pub(super) const COUNT: usize = 8;

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Nil => "nil",
            Self::Boolean => "boolean",
            Self::Number => "number",
            Self::Text => "string",
            Self::Table => "table",
            Self::Function => "function",
            Self::Thread => "thread",
            Self::Proxy => "userdata",
        }
    }
}
