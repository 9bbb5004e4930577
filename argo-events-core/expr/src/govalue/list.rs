//! Lists: `[]interface{}`, `[]string` and their like.

use super::{Text, Type, Value, document};
use std::{cell::OnceCell, fmt, rc::Rc};

/// A slice of Go that nobody changes, cheap to clone.
#[derive(Clone)]
pub struct List(Rc<Inner>);

struct Inner {
    element: Type,
    is_nil: bool,
    /// The array that the elements are decoded from once somebody asks for them.
    source: Option<Text>,
    values: OnceCell<Vec<Value>>,
}

impl List {
    /// Makes an `[]interface{}`.
    #[must_use]
    pub fn new(values: Vec<Value>) -> Self {
        Self::typed(Type::Any, values)
    }

    /// Makes a list whose elements have a type; the values must be of it.
    #[must_use]
    pub fn typed(element: Type, values: Vec<Value>) -> Self {
        Self(Rc::new(Inner {
            element,
            is_nil: false,
            source: None,
            values: OnceCell::from(values),
        }))
    }

    /// Makes an `[]string`.
    pub fn strings<T: Into<Text>>(texts: impl IntoIterator<Item = T>) -> Self {
        let values = texts.into_iter().map(|text| Value::String(text.into()));
        Self::typed(Type::String, values.collect())
    }

    /// Makes the slice without an array, which is empty but encodes as `null`.
    #[must_use]
    pub fn nil(element: Type) -> Self {
        Self(Rc::new(Inner {
            element,
            is_nil: true,
            source: None,
            values: OnceCell::from(Vec::new()),
        }))
    }

    pub(super) fn lazy(source: Text) -> Self {
        Self(Rc::new(Inner {
            element: Type::Any,
            is_nil: false,
            source: Some(source),
            values: OnceCell::new(),
        }))
    }

    /// Gives the elements.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        let source = self.0.source.as_ref();
        self.0
            .values
            .get_or_init(|| source.map(document::elements).unwrap_or_default())
    }

    /// Counts the elements that were built so far: none if nobody has looked at them yet.
    #[must_use]
    pub fn decoded_len(&self) -> usize {
        match &self.0.source {
            None => self.values().len(),
            Some(_) => 0,
        }
    }

    /// Gives the type of the elements.
    #[must_use]
    pub fn element(&self) -> Type {
        self.0.element
    }

    /// Tells whether this is the slice without an array.
    #[must_use]
    pub fn is_nil(&self) -> bool {
        self.0.is_nil
    }

    /// Tells whether both are one and the same list.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for List {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}[{}]",
            self.element().name(),
            self.values().len()
        )
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(values) = self.values.take() {
            super::value::free(values);
        }
    }
}

/// Takes the elements out of a list that nobody else holds.
pub(super) fn dismantle(list: List) -> Vec<Value> {
    let Some(mut inner) = Rc::into_inner(list.0) else {
        return Vec::new();
    };
    inner.values.take().unwrap_or_default()
}
