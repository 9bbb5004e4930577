//! What is left of `os`: the time, which is told in UTC.

use super::{
    super::{
        heap::Fault,
        machine::{Arguments, Machine},
        number,
        value::{TableId, Value},
    },
    Action, Module,
};
use crate::gotime::{Location, Time, WallClock};
use std::time::UNIX_EPOCH;

pub(super) const FUNCTIONS: Module = &[
    ("clock", Action::Plain(clock)),
    ("date", Action::Plain(date)),
    ("difftime", Action::Plain(difference)),
    ("time", Action::Plain(time)),
];

fn now(machine: &Machine) -> i64 {
    let since = machine.time().duration_since(UNIX_EPOCH);
    i64::try_from(since.unwrap_or_default().as_secs()).unwrap_or(i64::MAX)
}

/// Gives the text of one conversion, as gopher-lua's layouts make it, or nothing if it has none.
fn converted(time: &Time, conversion: u8) -> Option<Vec<u8>> {
    let layout = match conversion {
        // In small letters it names no part of a time and stays.
        b'a' => "mon",
        b'A' => "Monday",
        b'b' => "Jan",
        b'B' => "January",
        b'c' => "02 Jan 06 15:04 MST",
        b'd' => "02",
        b'F' => "2006-01-02",
        b'H' => "15",
        b'I' => "03",
        b'm' => "01",
        b'M' => "04",
        b'p' => "PM",
        b'P' => "pm",
        b'S' => "05",
        b'w' => return Some(time.weekday().0.to_string().into_bytes()),
        // The layout takes the year's digits for those of the seconds.
        b'x' => "15/04/05",
        b'X' => "15:04:05",
        b'y' => "06",
        b'Y' => "2006",
        b'z' => "-0700",
        b'Z' => "MST",
        _ => return None,
    };
    Some(time.format(layout))
}

fn clock(machine: &mut Machine, _: Arguments) -> Result<(), Fault> {
    let elapsed = machine.budget.elapsed().as_secs_f64();
    machine.returned.push(Value::Number(elapsed));
    Ok(())
}

fn difference(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let (later, earlier) = (
        machine.integer(arguments, 1)?,
        machine.integer(arguments, 2)?,
    );
    machine
        .returned
        .push(Value::Number(later.wrapping_sub(earlier) as f64));
    Ok(())
}

fn time(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let seconds = if machine.argument(arguments, 1).is_nil() {
        now(machine)
    } else {
        let table = machine.table(arguments, 1)?;
        let mut part = |name, otherwise| part(machine, table, name, otherwise);
        let (second, minute, hour) = (part("sec", 0), part("min", 0), part("hour", 12));
        let (day, month, year) = (part("day", -1), part("month", -1), part("year", -1));
        let clock = WallClock {
            year,
            month,
            day,
            hour,
            minute,
            second,
            nanosecond: 0,
        };
        Time::date(clock, Location::Utc).unix_seconds()
    };
    machine.returned.push(Value::Number(seconds as f64));
    Ok(())
}

fn part(machine: &mut Machine, table: TableId, name: &str, otherwise: i64) -> i64 {
    let key = Value::Text(machine.heap.text(name.as_bytes()));
    match machine.heap.table(table).get_key(key) {
        Value::Number(number) => number::truncate(number),
        Value::Text(id) => {
            let text = machine.heap.bytes(id).trim_ascii_start();
            let is_hexadecimal = matches!(text, [b'0', b'x' | b'X', ..]);
            let zeros = text.iter().take_while(|byte| **byte == b'0').count();
            let digits = if is_hexadecimal { text } else { &text[zeros..] };
            match number::parse(digits) {
                Some(number) => number::truncate(number),
                None if zeros > 0 && digits.is_empty() => 0,
                None => otherwise,
            }
        }
        _ => otherwise,
    }
}

fn date(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let layout = match arguments.count {
        0 => b"%c".to_vec(),
        _ => {
            let layout = machine.text(arguments, 1)?;
            machine.heap.bytes(layout).to_vec()
        }
    };
    let marks = layout.iter().take_while(|byte| **byte == b'!').count();
    let layout = &layout[marks..];
    let at = if arguments.count >= 2 {
        machine.integer(arguments, 2)?
    } else {
        now(machine)
    };
    // Years of more than six digits have no use.
    let time = Time::unix(at.clamp(-31_556_952_000_000, 31_556_952_000_000), 0).utc();
    if arguments.count > 0 && layout.starts_with(b"*t") {
        return parts(machine, &time);
    }
    let text = machine.heap.owned_text(render(&time, layout));
    machine.returned.push(Value::Text(text));
    Ok(())
}

fn render(time: &Time, layout: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let (mut at, mut escaped) = (0, false);
    while let Some(&byte) = layout.get(at) {
        at += 1;
        match byte {
            b'%' if layout.get(at) == Some(&b'%') => {
                at += 1;
                escaped = false;
                out.push(b'%');
            }
            b'%' if at < layout.len() => escaped = true,
            other if escaped => {
                escaped = false;
                match converted(time, other) {
                    Some(text) => out.extend(text),
                    None => out.extend([b'%', other]),
                }
            }
            other => out.push(other),
        }
    }
    out
}

fn parts(machine: &mut Machine, time: &Time) -> Result<(), Fault> {
    let (table, clock) = (machine.heap.new_table(), time.wall_clock());
    for (name, value) in [
        ("year", clock.year),
        ("month", clock.month),
        ("day", clock.day),
        ("hour", clock.hour),
        ("min", clock.minute),
        ("sec", clock.second),
        ("wday", time.weekday().0 + 1),
        ("yday", 0),
    ] {
        let key = Value::Text(machine.heap.text(name.as_bytes()));
        machine.heap.set(table, key, Value::Number(value as f64))?;
    }
    let key = Value::Text(machine.heap.text(b"isdst"));
    machine.heap.set(table, key, Value::Boolean(false))?;
    machine.returned.push(Value::Table(table));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_conversion_is_a_layout_of_go() {
        let time = Time::unix(1_709_528_767, 0).utc();
        for (layout, wanted) in [
            ("%a %A %b %B", "mon Monday Mar March"),
            (
                "%c|%F|%x|%X",
                "04 Mar 24 05:06 UTC|2024-03-04|05/06/07|05:06:07",
            ),
            ("%d %H %I %m %M %S", "04 05 05 03 06 07"),
            ("%p %P %w %y %Y %z %Z", "AM am 1 24 2024 +0000 UTC"),
            ("%% %q 2006 %", "% %q 2006 %"),
        ] {
            assert_eq!(render(&time, layout.as_bytes()), wanted.as_bytes());
        }
    }
}
