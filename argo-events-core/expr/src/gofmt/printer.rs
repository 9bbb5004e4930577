//! Formats one value by one verb.

use super::{MAX_DEPTH, Value, flags::Flags, float, integer, output::Output, text};

#[derive(Debug, Default)]
pub(super) struct Printer {
    pub(super) out: Output,
}

impl Printer {
    /// Formats a value given as an argument.
    pub(super) fn argument(&mut self, value: &Value, verb: char, flags: &Flags) {
        match (value, verb) {
            (Value::Nil, 'T' | 'v') => self.out.pad("<nil>", flags),
            (_, 'T') => text::plain(&mut self.out, value.type_name().as_bytes(), flags),
            // There are no addresses to show, and `%w` is for errors.
            (_, 'p' | 'w') => self.bad_verb(value, verb, flags, 0),
            _ => self.value(value, verb, flags, 0),
        }
    }

    fn value(&mut self, value: &Value, verb: char, flags: &Flags, depth: usize) {
        if depth > MAX_DEPTH || self.out.is_full() {
            self.out.push("...");
            return;
        }
        let out = &mut self.out;
        // At the top a missing value fits no verb but those handled before.
        let fits = match value {
            Value::Nil if depth == 0 => false,
            Value::Nil => {
                out.push(if flags.syntax {
                    "interface {}(nil)"
                } else {
                    "<nil>"
                });
                true
            }
            Value::Bool(truth) => boolean(out, *truth, verb, flags),
            Value::Int(number) | Value::Int64(number) => integer::format(out, *number, verb, flags),
            Value::Float(number) => float::format(out, *number, verb, flags),
            Value::String(content) => text::format(out, content, verb, flags),
            Value::List(_) | Value::Map(_) => {
                self.container(value, verb, flags, depth);
                true
            }
        };
        if !fits {
            self.bad_verb(value, verb, flags, depth);
        }
    }

    fn container(&mut self, value: &Value, verb: char, flags: &Flags, depth: usize) {
        let (open, between, close) = match (flags.syntax, value) {
            (true, _) => ("{", ", ", "}"),
            (false, Value::Map(_)) => ("map[", " ", "]"),
            (false, _) => ("[", " ", "]"),
        };
        if flags.syntax {
            self.out.push(value.type_name());
        }
        self.out.push(open);
        match value {
            Value::List(elements) => {
                for (place, element) in elements.iter().enumerate() {
                    self.separate(place, between);
                    self.value(element, verb, flags, depth + 1);
                }
            }
            Value::Map(members) => {
                for (place, (name, member)) in members.iter().enumerate() {
                    self.separate(place, between);
                    self.name(name, verb, flags);
                    self.out.push(":");
                    self.value(member, verb, flags, depth + 1);
                }
            }
            _ => {}
        }
        self.out.push(close);
    }

    fn separate(&mut self, place: usize, between: &str) {
        if place > 0 {
            self.out.push(between);
        }
    }

    fn name(&mut self, name: &[u8], verb: char, flags: &Flags) {
        if !text::format(&mut self.out, name, verb, flags) {
            self.start_bad_verb(verb, "string=");
            text::plain(&mut self.out, name, flags);
            self.out.push(")");
        }
    }

    /// Shows a value that the verb is not for, with its type.
    fn bad_verb(&mut self, value: &Value, verb: char, flags: &Flags, depth: usize) {
        self.start_bad_verb(verb, value.type_name());
        if *value != Value::Nil {
            self.out.push("=");
            self.value(value, 'v', flags, depth);
        }
        self.out.push(")");
    }

    fn start_bad_verb(&mut self, verb: char, description: &str) {
        self.out.push("%!");
        self.out.push_char(verb);
        self.out.push("(");
        self.out.push(description);
    }
}

fn boolean(out: &mut Output, truth: bool, verb: char, flags: &Flags) -> bool {
    let fits = matches!(verb, 't' | 'v');
    if fits {
        out.pad(if truth { "true" } else { "false" }, flags);
    }
    fits
}
