//! The methods of times and durations, which expressions may call.

use super::types::{Known, Signature, Type};
use crate::{
    gotime::{Duration, Month, Time, Weekday},
    govalue::{Failure, Kind, Object, Type as ValueType, Value},
};
use std::{any::Any, borrow::Cow, cmp::Ordering, rc::Rc};

/// A method: what it belongs to, takes and gives.
#[derive(Debug)]
pub(super) struct Method {
    receiver: Known,
    pub(super) name: &'static str,
    pub(super) parameters: &'static [Known],
    result: Known,
    /// Whether the library calls it directly where the receiver's type is known.
    pub(super) is_typed: bool,
    call: Call,
}

#[derive(Clone, Copy, Debug)]
enum Call {
    Time(fn(&Time, &[Value]) -> Option<Value>),
    Duration(fn(Duration, &[Value]) -> Option<Value>),
    Named,
}

impl Method {
    /// Returns the method's type, of which the receiver is the first parameter.
    pub(super) fn signature(&self) -> Signature {
        let receiver = [self.receiver].into_iter();
        let parameters = receiver.chain(self.parameters.iter().copied());
        Signature {
            parameters: parameters.map(Known::to_type).collect(),
            is_variadic: false,
            results: vec![self.result.to_type()],
        }
    }

    /// Calls the method with arguments that have been checked.
    pub(super) fn call(&self, receiver: &Value, arguments: &[Value]) -> Result<Value, Failure> {
        let result = match (self.call, receiver) {
            (Call::Time(call), Value::Time(time)) => call(time, arguments),
            (Call::Duration(call), Value::Duration(duration)) => call(*duration, arguments),
            (Call::Named, Value::Object(object)) => object.text().map(Value::from),
            _ => None,
        };
        result.ok_or_else(|| "reflect: Call with arguments of other types".into())
    }
}

/// Returns a method of a type.
pub(super) fn of_type(receiver: &Type, name: &str) -> Option<&'static Method> {
    let mut methods = METHODS.iter();
    methods.find(|method| method.name == name && method.receiver.to_type() == *receiver)
}

/// Returns a method of a value.
pub(super) fn of_value(receiver: &Value, name: &[u8]) -> Option<&'static Method> {
    let known = match receiver {
        Value::Time(_) => Known::Time,
        Value::Duration(_) => Known::Duration,
        Value::Object(object) => object.as_any().downcast_ref::<Named>()?.known,
        _ => return None,
    };
    let mut methods = METHODS.iter();
    methods.find(|method| method.receiver == known && method.name.as_bytes() == name)
}

/// A month or a day of the week.
#[derive(Debug)]
struct Named {
    known: Known,
    number: i64,
    text: String,
}

impl Object for Named {
    fn type_name(&self) -> Cow<'static, str> {
        self.known.to_type().to_string().into()
    }

    fn kind(&self) -> Kind {
        Kind::Int
    }

    fn underlying(&self) -> Option<Value> {
        Some(Value::Int(self.number))
    }

    fn text(&self) -> Option<String> {
        Some(self.text.clone())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn go_type(&self) -> Option<ValueType> {
        let name = match self.known {
            Known::Month => "time.Month",
            _ => "time.Weekday",
        };
        Some(ValueType::Named(name, Kind::Int))
    }
}

fn month(month: Month) -> Value {
    named(Known::Month, month.0, month.to_string())
}

fn weekday(day: Weekday) -> Value {
    named(Known::Weekday, day.0, day.to_string())
}

fn named(known: Known, number: i64, text: String) -> Value {
    Value::Object(Rc::new(Named {
        known,
        number,
        text,
    }))
}

const fn of_time(
    name: &'static str,
    parameters: &'static [Known],
    result: Known,
    call: fn(&Time, &[Value]) -> Option<Value>,
) -> Method {
    Method {
        receiver: Known::Time,
        name,
        parameters,
        result,
        is_typed: true,
        call: Call::Time(call),
    }
}

const fn of_duration(
    name: &'static str,
    parameters: &'static [Known],
    result: Known,
    call: fn(Duration, &[Value]) -> Option<Value>,
) -> Method {
    Method {
        receiver: Known::Duration,
        name,
        parameters,
        result,
        is_typed: true,
        call: Call::Duration(call),
    }
}

const fn text_of(receiver: Known) -> Method {
    Method {
        receiver,
        name: "String",
        parameters: &[],
        result: Known::Text,
        is_typed: true,
        call: Call::Named,
    }
}

const fn reflected(mut method: Method) -> Method {
    method.is_typed = false;
    method
}

fn other(arguments: &[Value]) -> Option<&Time> {
    match arguments {
        [Value::Time(time)] => Some(time),
        _ => None,
    }
}

fn unit(arguments: &[Value]) -> Option<Duration> {
    match arguments {
        [Value::Duration(duration)] => Some(*duration),
        _ => None,
    }
}

fn ordering(time: &Time, arguments: &[Value]) -> Option<Ordering> {
    other(arguments).map(|other| time.compare(other))
}

fn add_date(time: &Time, arguments: &[Value]) -> Option<Value> {
    match arguments {
        [Value::Int(years), Value::Int(months), Value::Int(days)] => {
            Some(Value::Time(time.add_date(*years, *months, *days)))
        }
        _ => None,
    }
}

fn layout(time: &Time, arguments: &[Value]) -> Option<Value> {
    match arguments {
        [Value::String(layout)] => Some(Value::from(time.format(layout))),
        _ => None,
    }
}

static METHODS: [Method; 40] = [
    of_time("Year", &[], Known::Int, |time, _| {
        Some(Value::Int(time.year()))
    }),
    reflected(of_time("Month", &[], Known::Month, |time, _| {
        Some(month(time.month()))
    })),
    of_time("Day", &[], Known::Int, |time, _| {
        Some(Value::Int(time.day()))
    }),
    of_time("Hour", &[], Known::Int, |time, _| {
        Some(Value::Int(time.hour()))
    }),
    of_time("Minute", &[], Known::Int, |time, _| {
        Some(Value::Int(time.minute()))
    }),
    of_time("Second", &[], Known::Int, |time, _| {
        Some(Value::Int(time.second()))
    }),
    of_time("Nanosecond", &[], Known::Int, |time, _| {
        Some(Value::Int(time.nanosecond()))
    }),
    of_time("YearDay", &[], Known::Int, |time, _| {
        Some(Value::Int(time.year_day()))
    }),
    of_time("Weekday", &[], Known::Weekday, |time, _| {
        Some(weekday(time.weekday()))
    }),
    of_time("Unix", &[], Known::Int64, |time, _| {
        Some(Value::Int64(time.unix_seconds()))
    }),
    of_time("UnixMilli", &[], Known::Int64, |time, _| {
        Some(Value::Int64(time.unix_milliseconds()))
    }),
    of_time("UnixMicro", &[], Known::Int64, |time, _| {
        Some(Value::Int64(time.unix_microseconds()))
    }),
    of_time("UnixNano", &[], Known::Int64, |time, _| {
        Some(Value::Int64(time.unix_nanoseconds()))
    }),
    of_time("Format", &[Known::Text], Known::Text, layout),
    of_time("String", &[], Known::Text, |time, _| {
        Some(Value::from(time.to_string()))
    }),
    of_time("GoString", &[], Known::Text, |time, _| {
        Some(Value::from(time.go_string()))
    }),
    of_time("IsZero", &[], Known::Bool, |time, _| {
        Some(Value::Bool(time.is_zero()))
    }),
    of_time("UTC", &[], Known::Time, |time, _| {
        Some(Value::Time(time.clone().utc()))
    }),
    of_time("Local", &[], Known::Time, |time, _| {
        Some(Value::Time(time.clone().local()))
    }),
    of_time("Add", &[Known::Duration], Known::Time, |time, arguments| {
        unit(arguments).map(|duration| Value::Time(time.add(duration)))
    }),
    of_time("Sub", &[Known::Time], Known::Duration, |time, arguments| {
        other(arguments).map(|other| Value::Duration(time.since(other)))
    }),
    of_time(
        "Truncate",
        &[Known::Duration],
        Known::Time,
        |time, arguments| unit(arguments).map(|unit| Value::Time(time.truncate(unit))),
    ),
    of_time(
        "Round",
        &[Known::Duration],
        Known::Time,
        |time, arguments| unit(arguments).map(|unit| Value::Time(time.round(unit))),
    ),
    of_time("Before", &[Known::Time], Known::Bool, |time, arguments| {
        ordering(time, arguments).map(|ordering| Value::Bool(ordering.is_lt()))
    }),
    of_time("After", &[Known::Time], Known::Bool, |time, arguments| {
        ordering(time, arguments).map(|ordering| Value::Bool(ordering.is_gt()))
    }),
    of_time("Equal", &[Known::Time], Known::Bool, |time, arguments| {
        ordering(time, arguments).map(|ordering| Value::Bool(ordering.is_eq()))
    }),
    reflected(of_time(
        "Compare",
        &[Known::Time],
        Known::Int,
        |time, arguments| ordering(time, arguments).map(|ordering| Value::Int(ordering as i64)),
    )),
    reflected(of_time(
        "AddDate",
        &[Known::Int, Known::Int, Known::Int],
        Known::Time,
        add_date,
    )),
    of_duration("Hours", &[], Known::Float, |duration, _| {
        Some(Value::Float(duration.hours()))
    }),
    of_duration("Minutes", &[], Known::Float, |duration, _| {
        Some(Value::Float(duration.minutes()))
    }),
    of_duration("Seconds", &[], Known::Float, |duration, _| {
        Some(Value::Float(duration.seconds()))
    }),
    of_duration("Milliseconds", &[], Known::Int64, |duration, _| {
        Some(Value::Int64(duration.milliseconds()))
    }),
    of_duration("Microseconds", &[], Known::Int64, |duration, _| {
        Some(Value::Int64(duration.microseconds()))
    }),
    of_duration("Nanoseconds", &[], Known::Int64, |duration, _| {
        Some(Value::Int64(duration.nanoseconds()))
    }),
    of_duration("String", &[], Known::Text, |duration, _| {
        Some(Value::from(duration.to_string()))
    }),
    of_duration("Abs", &[], Known::Duration, |duration, _| {
        Some(Value::Duration(duration.abs()))
    }),
    of_duration(
        "Truncate",
        &[Known::Duration],
        Known::Duration,
        |duration, arguments| unit(arguments).map(|unit| Value::Duration(duration.truncate(unit))),
    ),
    of_duration(
        "Round",
        &[Known::Duration],
        Known::Duration,
        |duration, arguments| unit(arguments).map(|unit| Value::Duration(duration.round(unit))),
    ),
    text_of(Known::Month),
    text_of(Known::Weekday),
];

/// A method together with what it is to be called on.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) receiver: Value,
    pub(super) method: &'static Method,
}

impl Object for Bound {
    fn type_name(&self) -> Cow<'static, str> {
        let mut signature = self.method.signature();
        signature.parameters.remove(0);
        signature.to_string().into()
    }

    fn kind(&self) -> Kind {
        Kind::Func
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
