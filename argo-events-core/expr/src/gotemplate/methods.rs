//! The methods that values have.

use crate::{
    gotime::{Duration, Location, Time},
    govalue::{Failure, Function, Kind, Type, Value},
};
use std::rc::Rc;

/// Finds a method by its name; it is called with the value before the arguments.
pub(super) fn find<'v>(value: &'v Value, name: &str) -> Option<&'v Function> {
    match value {
        Value::Time(_) => named(&TIME, name),
        Value::Duration(_) => named(&DURATION, name),
        Value::Error(_) if name == "Error" => Some(&ERROR),
        Value::Object(object) => object
            .method(name)
            .or((name == "String" && object.text().is_some()).then_some(&STRING)),
        _ => None,
    }
}

/// Tells whether a time has a field of that name which nobody may use.
pub(super) fn is_hidden_field(name: &str) -> bool {
    matches!(name, "wall" | "ext" | "loc")
}

fn named(methods: &'static [Function], name: &str) -> Option<&'static Function> {
    methods.iter().find(|method| method.name == name)
}

type Called = Result<Value, Failure>;

const STRING: Function = Function::new("String", &[], |_, values| match values {
    [Value::Object(object)] => Ok(object.text().unwrap_or_default().into()),
    values => misused(values),
});

const ERROR: Function = Function::new("Error", &[], |_, values| match values {
    [Value::Error(text)] => Ok(Value::from(&**text)),
    values => misused(values),
});

const LOCATION: Type = Type::Named("*time.Location", Kind::Pointer);

/// The methods of `time.Time`.
const TIME: [Function; 43] = [
    plain("Day", |_, values| {
        of_time(values, |time| Value::Int(time.day()))
    }),
    plain("GoString", |_, values| {
        of_time(values, |time| time.go_string().into())
    }),
    plain("Hour", |_, values| {
        of_time(values, |time| Value::Int(time.hour()))
    }),
    plain("IsDST", |_, values| {
        of_time(values, |time| time.zone().daylight_saving.into())
    }),
    plain("IsZero", |_, values| {
        of_time(values, |time| time.is_zero().into())
    }),
    plain("Local", |_, values| {
        of_time(values, |time| Value::Time(time.clone().local()))
    }),
    plain("Location", |_, values| {
        of_time(values, |time| {
            Value::Object(Rc::new(time.location().clone()))
        })
    }),
    plain("MarshalJSON", |_, values| marshalled(values, "\"")),
    plain("MarshalText", |_, values| marshalled(values, "")),
    plain("Minute", |_, values| {
        of_time(values, |time| Value::Int(time.minute()))
    }),
    plain("Month", |_, values| {
        of_time(values, |time| Value::Object(Rc::new(time.month())))
    }),
    plain("Nanosecond", |_, values| {
        of_time(values, |time| Value::Int(time.nanosecond()))
    }),
    plain("Second", |_, values| {
        of_time(values, |time| Value::Int(time.second()))
    }),
    plain("String", |_, values| {
        of_time(values, |time| time.to_string().into())
    }),
    plain("UTC", |_, values| {
        of_time(values, |time| Value::Time(time.clone().utc()))
    }),
    plain("Unix", |_, values| {
        of_time(values, |time| Value::Int64(time.unix_seconds()))
    }),
    plain("UnixMicro", |_, values| {
        of_time(values, |time| Value::Int64(time.unix_microseconds()))
    }),
    plain("UnixMilli", |_, values| {
        of_time(values, |time| Value::Int64(time.unix_milliseconds()))
    }),
    plain("UnixNano", |_, values| {
        of_time(values, |time| Value::Int64(time.unix_nanoseconds()))
    }),
    plain("Weekday", |_, values| {
        of_time(values, |time| Value::Object(Rc::new(time.weekday())))
    }),
    plain("Year", |_, values| {
        of_time(values, |time| Value::Int(time.year()))
    }),
    plain("YearDay", |_, values| {
        of_time(values, |time| Value::Int(time.year_day()))
    }),
    // Those with several results, which templates cannot call.
    plain("Clock", |_, _| Err(Failure::Results(3))),
    plain("Date", |_, _| Err(Failure::Results(3))),
    plain("ISOWeek", |_, _| Err(Failure::Results(2))),
    plain("Zone", |_, _| Err(Failure::Results(2))),
    plain("ZoneBounds", |_, _| Err(Failure::Results(2))),
    Function::new("Format", &[Type::String], |_, values| match values {
        [Value::Time(time), Value::String(layout)] => Ok(time.format(layout).into()),
        values => misused(values),
    }),
    Function::new("Add", &[Type::Duration], |_, values| match values {
        [Value::Time(time), Value::Duration(duration)] => Ok(Value::Time(time.add(*duration))),
        values => misused(values),
    }),
    Function::new(
        "AddDate",
        &[Type::Int, Type::Int, Type::Int],
        |_, values| match values {
            [
                Value::Time(time),
                Value::Int(years),
                Value::Int(months),
                Value::Int(days),
            ] => Ok(Value::Time(time.add_date(*years, *months, *days))),
            values => misused(values),
        },
    ),
    Function::new("After", &[Type::Time], |_, values| {
        of_times(values, |a, b| a.compare(b).is_gt().into())
    }),
    Function::new("Before", &[Type::Time], |_, values| {
        of_times(values, |a, b| a.compare(b).is_lt().into())
    }),
    Function::new("Equal", &[Type::Time], |_, values| {
        of_times(values, |a, b| a.compare(b).is_eq().into())
    }),
    Function::new("Compare", &[Type::Time], |_, values| {
        of_times(values, |a, b| Value::Int(a.compare(b) as i64))
    }),
    Function::new("Sub", &[Type::Time], |_, values| {
        of_times(values, |a, b| Value::Duration(a.since(b)))
    }),
    Function::new("In", &[LOCATION], |_, values| match values {
        [Value::Time(time), Value::Object(location)] => {
            match location.as_any().downcast_ref::<Location>() {
                Some(location) => Ok(Value::Time(time.clone().within(location.clone()))),
                None => misused(values),
            }
        }
        _ => Err("time: missing Location in call to Time.In".into()),
    }),
    Function::new("Round", &[Type::Duration], |_, values| match values {
        [Value::Time(time), Value::Duration(unit)] => Ok(Value::Time(time.round(*unit))),
        values => misused(values),
    }),
    Function::new("Truncate", &[Type::Duration], |_, values| match values {
        [Value::Time(time), Value::Duration(unit)] => Ok(Value::Time(time.truncate(*unit))),
        values => misused(values),
    }),
    // What gives or takes bytes in Go's own encodings is not offered.
    plain("MarshalBinary", |_, _| {
        Err("binary encoding of times is not supported".into())
    }),
    plain("GobEncode", |_, _| {
        Err("binary encoding of times is not supported".into())
    }),
    Function::new("AppendBinary", &[BYTES], |_, _| {
        Err("binary encoding of times is not supported".into())
    }),
    Function::new("AppendText", &[BYTES], |_, _| {
        Err("appending to bytes is not supported".into())
    }),
    Function::new("AppendFormat", &[BYTES, Type::String], |_, _| {
        Err("appending to bytes is not supported".into())
    }),
];

const BYTES: Type = Type::Slice(&Type::Uint8);

/// The methods of `time.Duration`.
const DURATION: [Function; 10] = [
    plain("Abs", |_, values| {
        of_duration(values, |span| Value::Duration(span.abs()))
    }),
    plain("Hours", |_, values| {
        of_duration(values, |span| span.hours().into())
    }),
    plain("Microseconds", |_, values| {
        of_duration(values, |span| Value::Int64(span.microseconds()))
    }),
    plain("Milliseconds", |_, values| {
        of_duration(values, |span| Value::Int64(span.milliseconds()))
    }),
    plain("Minutes", |_, values| {
        of_duration(values, |span| span.minutes().into())
    }),
    plain("Nanoseconds", |_, values| {
        of_duration(values, |span| Value::Int64(span.nanoseconds()))
    }),
    plain("Seconds", |_, values| {
        of_duration(values, |span| span.seconds().into())
    }),
    plain("String", |_, values| {
        of_duration(values, |span| span.to_string().into())
    }),
    Function::new("Round", &[Type::Duration], |_, values| match values {
        [Value::Duration(span), Value::Duration(unit)] => Ok(Value::Duration(span.round(*unit))),
        values => misused(values),
    }),
    Function::new("Truncate", &[Type::Duration], |_, values| match values {
        [Value::Duration(span), Value::Duration(unit)] => Ok(Value::Duration(span.truncate(*unit))),
        values => misused(values),
    }),
];

const fn plain(
    name: &'static str,
    call: fn(&mut crate::govalue::Run, &[Value]) -> Called,
) -> Function {
    Function::new(name, &[], call)
}

fn of_time(values: &[Value], give: impl FnOnce(&Time) -> Value) -> Called {
    match values {
        [Value::Time(time)] => Ok(give(time)),
        values => misused(values),
    }
}

fn of_times(values: &[Value], give: impl FnOnce(&Time, &Time) -> Value) -> Called {
    match values {
        [Value::Time(time), Value::Time(other)] => Ok(give(time, other)),
        values => misused(values),
    }
}

fn of_duration(values: &[Value], give: impl FnOnce(&Duration) -> Value) -> Called {
    match values {
        [Value::Duration(duration)] => Ok(give(duration)),
        values => misused(values),
    }
}

fn marshalled(values: &[Value], quote: &str) -> Called {
    let [Value::Time(time)] = values else {
        return misused(values);
    };
    let text = time
        .to_json()
        .map_err(|error| Failure::Error(error.to_string()))?;
    let bytes = format!("{quote}{text}{quote}").into_bytes();
    let values = bytes.into_iter().map(Value::Uint8).collect();
    Ok(crate::govalue::List::typed(Type::Uint8, values).into())
}

/// Cannot happen, since callers check the types.
fn misused(values: &[Value]) -> Called {
    Err(format!("a method does not fit its {} values", values.len()).into())
}
