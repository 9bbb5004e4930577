//! Calls of functions, with the complaints of Go's package reflect.

use super::{
    super::{
        NIL_POINTER,
        builtin::{self, Work},
        compile::Op,
        method::Bound,
        types::Known,
    },
    Failure, Machine, Value,
    constant::kind_name,
    unexpected,
};
use crate::govalue::{Function, Type};

impl Machine<'_> {
    pub(super) fn call(&mut self, op: Op) -> Result<(), Failure> {
        let value = match op {
            Op::CallOne(place) => {
                let argument = self.pop()?;
                match builtin::at(place as usize).work {
                    Work::One(work) => work(self, &argument)?,
                    _ => return Err(NIL_POINTER.into()),
                }
            }
            Op::CallFunction(place, count) => {
                let arguments = self.pop_many(count)?;
                match builtin::at(place as usize).work {
                    Work::Many(work) => work(self, &arguments)?,
                    // The library has no function here that could be called by another way than
                    // its name.
                    _ => return Err(NIL_POINTER.into()),
                }
            }
            Op::Call(count) | Op::CallTyped(count) => {
                let is_typed = matches!(op, Op::CallTyped(_));
                let callee = self.pop()?;
                let arguments = self.pop_many(count)?;
                self.call_value(&callee, &arguments, is_typed)?
            }
            _ => return Ok(()),
        };
        self.push(value)
    }

    fn call_value(
        &mut self,
        callee: &Value,
        arguments: &[Value],
        is_typed: bool,
    ) -> Result<Value, Failure> {
        match callee {
            Value::Function(function) => {
                check(function, arguments)?;
                (function.call)(&mut self.run, arguments)
            }
            Value::Object(object) => match object.as_any().downcast_ref::<Bound>() {
                Some(bound) => call_method(bound, arguments, is_typed),
                None => Err(not_callable(callee)),
            },
            other => Err(not_callable(other)),
        }
    }
}

fn not_callable(value: &Value) -> Failure {
    let kind = kind_name(value);
    format!("reflect: call of reflect.Value.Call on {kind} Value").into()
}

fn call_method(bound: &Bound, arguments: &[Value], is_typed: bool) -> Result<Value, Failure> {
    let expected = bound.method.parameters;
    wrong_number(arguments.len(), expected.len(), false)?;
    for (argument, known) in arguments.iter().zip(expected) {
        if !is_of(argument, *known) {
            let wanted = known.to_type().to_string();
            return Err(match is_typed {
                true => unexpected(argument, &wanted),
                false => mismatch(argument, &wanted),
            });
        }
    }
    bound.method.call(&bound.receiver, arguments)
}

fn is_of(value: &Value, known: Known) -> bool {
    match known {
        Known::Text => matches!(value, Value::String(_)),
        Known::Int => matches!(value, Value::Int(_)),
        Known::Time => matches!(value, Value::Time(_)),
        Known::Duration => matches!(value, Value::Duration(_)),
        _ => true,
    }
}

fn wrong_number(count: usize, expected: usize, is_variadic: bool) -> Result<(), Failure> {
    if count < expected {
        return Err("reflect: Call with too few input arguments".into());
    }
    if count > expected && !is_variadic {
        return Err("reflect: Call with too many input arguments".into());
    }
    Ok(())
}

fn type_name(value: &Value) -> String {
    match value {
        Value::Nil => "interface {}".to_owned(),
        other => other.type_name().into_owned(),
    }
}

fn mismatch(value: &Value, wanted: &str) -> Failure {
    format!("reflect: Call using {} as type {wanted}", type_name(value)).into()
}

/// Checks the number and the types of arguments.
fn check(function: &Function, arguments: &[Value]) -> Result<(), Failure> {
    let least = function.least_arguments();
    wrong_number(arguments.len(), least, function.is_variadic)?;
    for (place, argument) in arguments.iter().enumerate() {
        let Some(wanted) = function.parameter(place) else {
            continue;
        };
        if is_assignable(argument, wanted) {
            continue;
        }
        let wanted = wanted.name();
        return Err(match function.is_variadic && place >= least {
            true => {
                let found = type_name(argument);
                format!("reflect: cannot use {found} as type {wanted} in Call").into()
            }
            false => mismatch(argument, &wanted),
        });
    }
    Ok(())
}

fn is_assignable(value: &Value, wanted: Type) -> bool {
    match (wanted, value) {
        (Type::Any | Type::Reflect, _) => true,
        (Type::Error, Value::Error(_)) => true,
        (_, Value::Nil) => false,
        _ => value.go_type() == Some(wanted),
    }
}
