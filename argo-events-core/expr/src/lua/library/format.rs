//! `string.format`, which is Go's `Sprintf` over values that format themselves.

use super::super::{
    heap::Fault,
    machine::{Arguments, Machine},
    number,
    value::Value,
};
use crate::gofmt::{self, sprintf};

/// The widest field and the highest precision, as in Go.
const WIDEST: usize = 1_000_000;

pub(super) fn format(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let format = machine.text(arguments, 1)?;
    let format = machine.heap.bytes(format).to_vec();
    let signs = format.iter().filter(|byte| **byte == b'%').count();
    let doubled = count_doubled(&format);
    let count = (signs - doubled).min(arguments.count - 1);
    let values = machine.arguments_from(arguments, 2)[..count].to_vec();
    let mut writer = Writer {
        machine,
        format: &format,
        at: 0,
        values: &values,
        next: 0,
        is_reordered: false,
        good_index: true,
        after_index: false,
        out: Vec::new(),
    };
    writer.run()?;
    let out = writer.out;
    let out = machine.heap.owned_text(out);
    machine.returned.push(Value::Text(out));
    Ok(())
}

/// Counts `%%`, none overlapping another.
fn count_doubled(format: &[u8]) -> usize {
    let (mut count, mut at) = (0, 0);
    while at + 1 < format.len() {
        if format[at..].starts_with(b"%%") {
            count += 1;
            at += 1;
        }
        at += 1;
    }
    count
}

/// The flags, width and precision of one directive.
#[derive(Clone, Debug, Default)]
struct Layout {
    flags: Vec<u8>,
    width: Option<usize>,
    precision: Option<usize>,
}

impl Layout {
    /// Writes a directive with these flags, width and precision.
    fn directive(&self, verb: &[u8]) -> Vec<u8> {
        let mut text = vec![b'%'];
        text.extend(&self.flags);
        if let Some(width) = self.width {
            text.extend(width.to_string().bytes());
        }
        if let Some(precision) = self.precision {
            text.extend(format!(".{precision}").bytes());
        }
        text.extend(verb);
        text
    }
}

struct Writer<'a> {
    machine: &'a mut Machine,
    format: &'a [u8],
    at: usize,
    values: &'a [Value],
    /// The value to show next.
    next: usize,
    /// Whether any directive said which value it shows.
    is_reordered: bool,
    /// Whether the last `[n]` named a value.
    good_index: bool,
    after_index: bool,
    out: Vec<u8>,
}

impl Writer<'_> {
    fn peek(&self) -> Option<u8> {
        self.format.get(self.at).copied()
    }

    fn run(&mut self) -> Result<(), Fault> {
        while self.at < self.format.len() {
            let rest = &self.format[self.at..];
            let plain = rest
                .iter()
                .position(|byte| *byte == b'%')
                .unwrap_or(rest.len());
            self.out.extend_from_slice(&rest[..plain]);
            self.at += plain;
            if self.at < self.format.len() {
                self.at += 1;
                self.directive()?;
            }
            self.machine.budget.take(4 + self.out.len() / 4096)?;
            self.machine.heap.afford(self.out.len())?;
        }
        if !self.is_reordered && self.next < self.values.len() {
            self.show_extra()?;
        }
        Ok(())
    }

    fn directive(&mut self) -> Result<(), Fault> {
        self.good_index = true;
        self.after_index = false;
        let mut layout = Layout::default();
        while let Some(flag @ (b'#' | b'0' | b'+' | b'-' | b' ')) = self.peek() {
            self.at += 1;
            if !layout.flags.contains(&flag) {
                layout.flags.push(flag);
            }
        }
        self.index();
        self.width(&mut layout);
        self.precision(&mut layout);
        if !self.after_index {
            self.index();
        }
        self.verb(&layout)
    }

    /// Reads `[n]`, which says which value comes next.
    fn index(&mut self) {
        if self.peek() != Some(b'[') {
            return;
        }
        self.is_reordered = true;
        let rest = &self.format[self.at..];
        let Some(length) = rest.iter().position(|byte| *byte == b']') else {
            self.good_index = false;
            self.at += 1;
            return;
        };
        let number = whole_number(&rest[1..length]);
        self.at += length + 1;
        match number
            .and_then(|number| number.checked_sub(1))
            .filter(|at| *at < self.values.len())
        {
            Some(at) => {
                self.next = at;
                self.after_index = true;
            }
            None => self.good_index = false,
        }
    }

    fn width(&mut self, layout: &mut Layout) {
        if self.peek() == Some(b'*') {
            self.at += 1;
            self.skip_star(b"%!(BADWIDTH)");
            return;
        }
        layout.width = self.digits();
        if self.after_index && layout.width.is_some() {
            self.good_index = false;
        }
    }

    fn precision(&mut self, layout: &mut Layout) {
        if self.peek() != Some(b'.') {
            return;
        }
        self.at += 1;
        if self.after_index {
            self.good_index = false;
        }
        self.index();
        if self.peek() == Some(b'*') {
            self.at += 1;
            self.skip_star(b"%!(BADPREC)");
            return;
        }
        layout.precision = Some(self.digits().unwrap_or(0));
    }

    /// Takes a value for a width or precision; a script's numbers are of a type that cannot be one.
    fn skip_star(&mut self, complaint: &[u8]) {
        if self.next < self.values.len() {
            self.next += 1;
        }
        self.out.extend_from_slice(complaint);
        self.after_index = false;
    }

    fn digits(&mut self) -> Option<usize> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
            whole_number(&self.format[start..self.at])?;
        }
        whole_number(&self.format[start..self.at])
    }

    fn verb(&mut self, layout: &Layout) -> Result<(), Fault> {
        if self.at >= self.format.len() {
            self.out.extend_from_slice(b"%!(NOVERB)");
            return Ok(());
        }
        let rest = &self.format[self.at..];
        let rune = crate::gostrconv::decode_rune(rest);
        let (verb, width) = rune.map_or(('\u{fffd}', 1), |rune| (rune.character, rune.width));
        self.at += width;
        if verb == '%' {
            self.out.push(b'%');
            return Ok(());
        }
        let mut shown = [0; 4];
        let shown = verb.encode_utf8(&mut shown).as_bytes();
        let complaint = if !self.good_index {
            "(BADINDEX)"
        } else if self.next >= self.values.len() {
            "(MISSING)"
        } else {
            let value = self.values[self.next];
            self.next += 1;
            return self.show(value, verb, layout);
        };
        self.out.extend_from_slice(b"%!");
        self.out.extend_from_slice(shown);
        self.out.extend_from_slice(complaint.as_bytes());
        Ok(())
    }

    fn show(&mut self, value: Value, verb: char, layout: &Layout) -> Result<(), Fault> {
        if let 'T' = verb {
            let name = type_name(value).into();
            return self.push(layout, "s", gofmt::Value::String(name));
        }
        let mut buffer = [0; 4];
        let own = &*verb.encode_utf8(&mut buffer);
        match value {
            Value::Number(number) => self.show_number(number, verb, own, layout),
            Value::Text(id) => {
                let text = self.machine.heap.bytes(id).to_vec();
                match verb {
                    'd' | 'i' if number::parse(&text).is_none() => {
                        self.push(layout, "d", gofmt::Value::Int64(0))
                    }
                    'd' | 'i' => self.push(layout, "s", gofmt::Value::String(text)),
                    _ => self.push(layout, own, gofmt::Value::String(text)),
                }
            }
            Value::Boolean(truth) if verb == 't' => {
                self.push(layout, own, gofmt::Value::Bool(truth))
            }
            _ if matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') => {
                let text = self.machine.print(value);
                // A value that prints itself is quoted nowhere but under %q.
                let own = if verb == 'v' { "s" } else { own };
                self.push(layout, own, gofmt::Value::String(text))
            }
            Value::Boolean(truth) => {
                self.out
                    .extend_from_slice(format!("%!{verb}(lua.LBool=").as_bytes());
                self.push(layout, "v", gofmt::Value::Bool(truth))?;
                self.out.push(b')');
                Ok(())
            }
            Value::Nil => {
                self.out.extend_from_slice(b"&{}");
                Ok(())
            }
            _ => {
                let name = type_name(value);
                self.out
                    .extend_from_slice(format!("%!{verb}({name})").as_bytes());
                Ok(())
            }
        }
    }

    fn show_number(
        &mut self,
        number: f64,
        verb: char,
        own: &str,
        layout: &Layout,
    ) -> Result<(), Fault> {
        let integer = gofmt::Value::Int64(number::truncate(number));
        match verb {
            'q' | 's' => {
                let text = gofmt::Value::String(number::print(number).into());
                self.push(layout, own, text)
            }
            'b' | 'c' | 'd' | 'o' | 'x' | 'X' | 'U' => self.push(layout, own, integer),
            'e' | 'E' | 'f' | 'F' | 'g' | 'G' => {
                self.push(layout, own, gofmt::Value::Float(number))
            }
            'i' => self.push(layout, "d", integer),
            _ if number::whole(number).is_some() => self.push(layout, own, integer),
            _ => self.push(layout, own, gofmt::Value::Float(number)),
        }
    }

    fn push(&mut self, layout: &Layout, verb: &str, value: gofmt::Value) -> Result<(), Fault> {
        let directive = layout.directive(verb.as_bytes());
        match sprintf(directive, &[value]) {
            Ok(text) => self.out.extend(text),
            Err(error) => return Err(self.machine.error(&error.to_string())),
        }
        Ok(())
    }

    /// Lists the values that no directive showed.
    fn show_extra(&mut self) -> Result<(), Fault> {
        self.out.extend_from_slice(b"%!(EXTRA ");
        for place in self.next..self.values.len() {
            if place > self.next {
                self.out.extend_from_slice(b", ");
            }
            let value = self.values[place];
            self.out.extend_from_slice(type_name(value).as_bytes());
            self.out.push(b'=');
            self.show(value, 'v', &Layout::default())?;
        }
        self.out.push(b')');
        Ok(())
    }
}

fn whole_number(digits: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(digits).ok()?;
    text.parse().ok().filter(|number| *number <= WIDEST)
}

/// Gives the name of a value's type in the reference.
fn type_name(value: Value) -> &'static str {
    match value {
        Value::Nil => "*lua.LNilType",
        Value::Boolean(_) => "lua.LBool",
        Value::Number(_) => "lua.LNumber",
        Value::Text(_) => "lua.LString",
        Value::Table(_) => "*lua.LTable",
        Value::Function(_) => "*lua.LFunction",
        Value::Thread(_) => "*lua.LState",
        Value::Proxy(_) => "*lua.LUserData",
    }
}
