//! The functions that every template knows.

mod compare;
mod escape;
mod index;

use super::item::Item;
use crate::{
    gofmt,
    govalue::{Failure, Run, Type, Value},
};

/// A function that every template knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Builtin {
    And,
    Call,
    Eq,
    Ge,
    Gt,
    Html,
    Index,
    Js,
    Le,
    Len,
    Lt,
    Ne,
    Not,
    Or,
    Print,
    Printf,
    Println,
    Slice,
    UrlQuery,
}

const ALL: [(&str, Builtin); 19] = [
    ("and", Builtin::And),
    ("call", Builtin::Call),
    ("eq", Builtin::Eq),
    ("ge", Builtin::Ge),
    ("gt", Builtin::Gt),
    ("html", Builtin::Html),
    ("index", Builtin::Index),
    ("js", Builtin::Js),
    ("le", Builtin::Le),
    ("len", Builtin::Len),
    ("lt", Builtin::Lt),
    ("ne", Builtin::Ne),
    ("not", Builtin::Not),
    ("or", Builtin::Or),
    ("print", Builtin::Print),
    ("printf", Builtin::Printf),
    ("println", Builtin::Println),
    ("slice", Builtin::Slice),
    ("urlquery", Builtin::UrlQuery),
];

impl Builtin {
    pub(super) fn named(name: &str) -> Option<Self> {
        let found = ALL.iter().find(|(known, _)| *known == name);
        found.map(|(_, builtin)| *builtin)
    }

    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        ALL.iter().map(|(name, _)| *name)
    }

    pub(super) fn parameters(self) -> &'static [Type] {
        match self {
            Self::Len | Self::Not => &[Type::Reflect],
            Self::Html | Self::Js | Self::UrlQuery | Self::Print | Self::Println => &[Type::Any],
            Self::Printf => &[Type::String, Type::Any],
            _ => &[Type::Reflect, Type::Reflect],
        }
    }

    pub(super) fn is_variadic(self) -> bool {
        !matches!(
            self,
            Self::Len | Self::Not | Self::Ne | Self::Lt | Self::Le | Self::Gt | Self::Ge
        )
    }

    /// Calls the function; `and`, `or` and `call` are the caller's business.
    pub(super) fn call(self, run: &mut Run, items: Vec<Item>) -> Result<Item, Failure> {
        let value = match self {
            Self::And | Self::Or => return Ok(items.into_iter().next().unwrap_or(Item::Absent)),
            Self::Call => return call(run, "", items),
            Self::Index => return index::index(items),
            Self::Slice => return index::slice(items),
            Self::Len => index::length(&first(items))?,
            Self::Not => Value::Bool(!first(items).is_true()),
            Self::Eq => Value::Bool(compare::is_equal_to_any(run, items)?),
            Self::Ne => Value::Bool(!compare::is_equal_to_any(run, items)?),
            Self::Lt | Self::Le | Self::Gt | Self::Ge => Value::Bool(self.is_ordered(run, items)?),
            Self::Html => escape::html(&text_of(items)?).into(),
            Self::Js => escape::js(&text_of(items)?).into(),
            Self::UrlQuery => escape::url_query(&text_of(items)?).into(),
            Self::Print => gofmt::sprint(&values(items))?.into(),
            Self::Println => gofmt::sprintln(&values(items))?.into(),
            Self::Printf => formatted(items)?,
        };
        Ok(Item::Known(value))
    }

    fn is_ordered(self, run: &mut Run, items: Vec<Item>) -> Result<bool, Failure> {
        let is_less = compare::is_less(&items)?;
        Ok(match self {
            Self::Lt => is_less,
            Self::Ge => !is_less,
            Self::Le => is_less || compare::is_equal_to_any(run, items)?,
            _ => !is_less && !compare::is_equal_to_any(run, items)?,
        })
    }
}

/// Calls a value that is a function, if it is one.
pub(super) fn call(run: &mut Run, name: &str, items: Vec<Item>) -> Result<Item, Failure> {
    let mut items = items.into_iter();
    let callee = items.next().unwrap_or(Item::Absent).known();
    let function = match &callee {
        Item::Absent => return Err("call of nil".into()),
        Item::Known(Value::Function(function)) => *function,
        other => {
            let type_name = other.type_name();
            return Err(format!("non-function {name} of type {type_name}").into());
        }
    };
    let values: Vec<_> = items.map(Item::into_value).collect();
    let least = function.least_arguments();
    if values.len() < least || (!function.is_variadic && values.len() > least) {
        let count = values.len();
        let want = if function.is_variadic {
            "want at least"
        } else {
            "want"
        };
        let message = format!("wrong number of args for {name}: got {count} {want} {least}");
        return Err(message.into());
    }
    for (place, value) in values.iter().enumerate() {
        let wanted = function.parameter(place).unwrap_or(Type::Any);
        let item = Item::of(value.clone());
        if !item.fits(wanted) {
            let (got, wanted) = (item.type_name(), wanted.name());
            let message = format!("arg {place}: value has type {got}; should be {wanted}");
            return Err(message.into());
        }
    }
    (function.call)(run, &values).map(Item::of)
}

/// Gives what `reflect.Value.String` does: texts themselves, of others only the type.
pub(super) fn reflected(item: &Item) -> String {
    match item {
        Item::Absent => "<invalid Value>".to_owned(),
        Item::Known(Value::String(text)) => text.to_string(),
        item => format!("<{} Value>", item.type_name()),
    }
}

fn first(items: Vec<Item>) -> Item {
    items.into_iter().next().unwrap_or(Item::Absent)
}

fn values(items: Vec<Item>) -> Vec<Value> {
    items.into_iter().map(Item::into_value).collect()
}

fn formatted(items: Vec<Item>) -> Result<Value, Failure> {
    let values = values(items);
    let Some((Value::String(format), values)) = values.split_first() else {
        return Err("printf without a format".into());
    };
    Ok(gofmt::sprintf(format, values)?.into())
}

/// Gives arguments as one text, as an action would write them.
fn text_of(items: Vec<Item>) -> Result<Vec<u8>, Failure> {
    let shown = |item: Item| match item.into_value() {
        Value::Nil => Value::from("<no value>"),
        value => value,
    };
    let values: Vec<_> = items.into_iter().map(shown).collect();
    match &values[..] {
        [Value::String(text)] => Ok(text.to_vec()),
        values => Ok(gofmt::sprint(values)?),
    }
}
