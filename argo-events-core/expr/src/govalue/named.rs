//! The small types that times give: months, days of the week and places.

use super::{Kind, Object, Type, Value};
use crate::gotime::{Location, Month, Weekday};
use std::{any::Any, borrow::Cow};

impl Object for Month {
    fn type_name(&self) -> Cow<'static, str> {
        "time.Month".into()
    }

    fn kind(&self) -> Kind {
        Kind::Int
    }

    fn underlying(&self) -> Option<Value> {
        Some(Value::Int(self.0))
    }

    fn text(&self) -> Option<String> {
        Some(self.to_string())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Object for Weekday {
    fn type_name(&self) -> Cow<'static, str> {
        "time.Weekday".into()
    }

    fn kind(&self) -> Kind {
        Kind::Int
    }

    fn underlying(&self) -> Option<Value> {
        Some(Value::Int(self.0))
    }

    fn text(&self) -> Option<String> {
        Some(self.to_string())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Object for Location {
    fn type_name(&self) -> Cow<'static, str> {
        "*time.Location".into()
    }

    fn kind(&self) -> Kind {
        Kind::Pointer
    }

    fn text(&self) -> Option<String> {
        Some(self.name().to_owned())
    }

    fn go_type(&self) -> Option<Type> {
        Some(Type::Named("*time.Location", Kind::Pointer))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
