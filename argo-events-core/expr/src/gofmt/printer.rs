//! Formats one value by one verb.

use super::{Format, MAX_DEPTH, Shape, flags::Flags, float, integer, output::Output, text};

#[derive(Debug, Default)]
pub(super) struct Printer {
    pub(super) out: Output,
}

impl Printer {
    /// Formats a value given as an argument.
    pub(super) fn argument<V: Format>(&mut self, value: &V, verb: char, flags: &Flags) {
        match (value.shape(), verb) {
            (Shape::Nil, 'T' | 'v') => self.out.pad("<nil>", flags),
            (_, 'T') => text::plain(&mut self.out, value.type_name().as_bytes(), flags),
            // There are no addresses to show, and `%w` is for errors.
            (_, 'p' | 'w') => self.bad_verb(value, verb, flags, 0),
            _ => self.value(value, verb, flags, 0),
        }
    }

    fn value<V: Format>(&mut self, value: &V, verb: char, flags: &Flags, depth: usize) {
        if depth > MAX_DEPTH || self.out.is_full() {
            self.out.push("...");
            return;
        }
        if !self.own_text(value, verb, flags) && !self.plain(value, verb, flags, depth) {
            self.bad_verb(value, verb, flags, depth);
        }
    }

    /// Writes the text that a method of the value gives, if there is one and the verb is for texts.
    fn own_text<V: Format>(&mut self, value: &V, verb: char, flags: &Flags) -> bool {
        if flags.syntax || !matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') {
            return false;
        }
        let own = value.own_text();
        own.is_some_and(|own| text::format(&mut self.out, &own, verb, flags))
    }

    /// Writes a value by its shape, or gives false if the verb is not for it.
    fn plain<V: Format>(&mut self, value: &V, verb: char, flags: &Flags, depth: usize) -> bool {
        let out = &mut self.out;
        match value.shape() {
            // At the top a missing value fits no verb but those handled before.
            Shape::Nil if depth == 0 => return false,
            Shape::Nil if flags.syntax => out.push("interface {}(nil)"),
            Shape::Nil => out.push("<nil>"),
            Shape::Bool(truth) => return boolean(out, truth, verb, flags),
            Shape::Signed(number) => return integer::format(out, number, verb, flags),
            Shape::Unsigned(number) => return integer::format_unsigned(out, number, verb, flags),
            Shape::Float(number) => return float::format(out, number, verb, flags),
            Shape::Complex(real, imaginary) => {
                return float::format_complex(out, (real, imaginary), verb, flags);
            }
            Shape::Text(content) => return text::format(out, content, verb, flags),
            Shape::List | Shape::Map | Shape::Struct { .. } => {
                self.container(value, verb, flags, depth);
            }
        }
        true
    }

    fn container<V: Format>(&mut self, value: &V, verb: char, flags: &Flags, depth: usize) {
        let shape = value.shape();
        let (open, between, close) = match (flags.syntax, shape) {
            (true, _) => ("{", ", ", "}"),
            (false, Shape::Map) => ("map[", " ", "]"),
            (false, Shape::Struct { is_pointer: true }) => ("&{", " ", "}"),
            (false, Shape::Struct { .. }) => ("{", " ", "}"),
            (false, _) => ("[", " ", "]"),
        };
        if flags.syntax {
            self.out.push(value.type_name().as_bytes());
        }
        self.out.push(open);
        let mut place = 0;
        if matches!(shape, Shape::List) {
            value.visit_elements(&mut |element| {
                self.separate(&mut place, between);
                self.value(element, verb, flags, depth + 1);
            });
        } else {
            value.visit_members(&mut |name, member| {
                self.separate(&mut place, between);
                match shape {
                    Shape::Map => self.name(name, verb, flags),
                    _ if flags.names || flags.syntax => self.out.push(name),
                    _ => {}
                }
                if matches!(shape, Shape::Map) || flags.names || flags.syntax {
                    self.out.push(":");
                }
                self.value(member, verb, flags, depth + 1);
            });
        }
        self.out.push(close);
    }

    fn separate(&mut self, place: &mut usize, between: &str) {
        if *place > 0 {
            self.out.push(between);
        }
        *place += 1;
    }

    fn name(&mut self, name: &[u8], verb: char, flags: &Flags) {
        if !text::format(&mut self.out, name, verb, flags) {
            self.start_bad_verb(verb, "string=");
            text::plain(&mut self.out, name, flags);
            self.out.push(")");
        }
    }

    /// Shows a value that the verb is not for, with its type.
    fn bad_verb<V: Format>(&mut self, value: &V, verb: char, flags: &Flags, depth: usize) {
        self.start_bad_verb(verb, &value.type_name());
        if !matches!(value.shape(), Shape::Nil) {
            self.out.push("=");
            // Its methods are not asked again.
            self.plain(value, 'v', flags, depth);
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
