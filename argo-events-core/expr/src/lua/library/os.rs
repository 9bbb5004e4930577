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
use std::time::UNIX_EPOCH;

pub(super) const FUNCTIONS: Module = &[
    ("clock", Action::Plain(clock)),
    ("date", Action::Plain(date)),
    ("difftime", Action::Plain(difference)),
    ("time", Action::Plain(time)),
];

const DAY: i64 = 86_400;

const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn now(machine: &Machine) -> i64 {
    let since = machine.time().duration_since(UNIX_EPOCH);
    i64::try_from(since.unwrap_or_default().as_secs()).unwrap_or(i64::MAX)
}

/// A second in the calendar.
struct Moment {
    year: i64,
    month: usize,
    day: i64,
    weekday: usize,
    hour: i64,
    minute: i64,
    second: i64,
}

impl Moment {
    fn at(seconds: i64) -> Self {
        let (days, rest) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
        // Counted from the first of March of year 0, so that leap days come last.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * of_year + 2) / 153;
        let month = if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month: month as usize,
            day: of_year - (153 * shifted_month + 2) / 5 + 1,
            weekday: (days + 4).rem_euclid(7) as usize,
            hour: rest / 3600,
            minute: rest / 60 % 60,
            second: rest % 60,
        }
    }

    /// Gives the text of one conversion, as gopher-lua's layouts make it, or nothing if it has none.
    fn text(&self, conversion: u8) -> Option<String> {
        let Self {
            year,
            month,
            day,
            weekday,
            hour,
            minute,
            second,
        } = self;
        let half = match hour % 12 {
            0 => 12,
            hour => hour,
        };
        let afternoon = *hour >= 12;
        let (month_name, short_year) = (MONTHS[month - 1], year.rem_euclid(100));
        Some(match conversion {
            b'a' => "mon".into(),
            b'A' => DAYS[*weekday].into(),
            b'b' => month_name[..3].into(),
            b'B' => month_name.into(),
            b'c' => format!(
                "{day:02} {} {short_year:02} {hour:02}:{minute:02} UTC",
                &month_name[..3]
            ),
            b'd' => format!("{day:02}"),
            b'F' => format!("{}-{month:02}-{day:02}", padded_year(*year)),
            b'H' => format!("{hour:02}"),
            b'I' => format!("{half:02}"),
            b'm' => format!("{month:02}"),
            b'M' => format!("{minute:02}"),
            b'p' => (if afternoon { "PM" } else { "AM" }).into(),
            b'P' => (if afternoon { "pm" } else { "am" }).into(),
            b'S' => format!("{second:02}"),
            b'w' => weekday.to_string(),
            // The layout takes the year's digits for those of the seconds.
            b'x' => format!("{hour:02}/{minute:02}/{second:02}"),
            b'X' => format!("{hour:02}:{minute:02}:{second:02}"),
            b'y' => format!("{short_year:02}"),
            b'Y' => padded_year(*year),
            b'z' => "+0000".into(),
            b'Z' => "UTC".into(),
            _ => return None,
        })
    }
}

fn padded_year(year: i64) -> String {
    if year < 0 {
        format!("-{:04}", -year)
    } else {
        format!("{year:04}")
    }
}

/// Gives the second of a date whose parts may be out of range.
fn seconds(year: i64, month: i64, day: i64, hour: i64, minute: i64, second: i64) -> i64 {
    let months = year.wrapping_mul(12).wrapping_add(month).wrapping_sub(1);
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5;
    let days = era
        .wrapping_mul(146_097)
        .wrapping_add(of_era * 365 + of_era / 4 - of_era / 100 + of_year);
    let days = days.wrapping_sub(719_468).wrapping_add(day).wrapping_sub(1);
    let rest = hour
        .wrapping_mul(3600)
        .wrapping_add(minute.wrapping_mul(60))
        .wrapping_add(second);
    days.wrapping_mul(DAY).wrapping_add(rest)
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
        seconds(year, month, day, hour, minute, second)
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
    // Years of more than six digits have no use, and their arithmetic would overflow.
    let moment = Moment::at(at.clamp(-31_556_952_000_000, 31_556_952_000_000));
    if arguments.count > 0 && layout.starts_with(b"*t") {
        return parts(machine, &moment);
    }
    let text = machine.heap.owned_text(render(&moment, layout));
    machine.returned.push(Value::Text(text));
    Ok(())
}

fn render(moment: &Moment, layout: &[u8]) -> Vec<u8> {
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
                match moment.text(other) {
                    Some(text) => out.extend(text.bytes()),
                    None => out.extend([b'%', other]),
                }
            }
            other => out.push(other),
        }
    }
    out
}

fn parts(machine: &mut Machine, moment: &Moment) -> Result<(), Fault> {
    let table = machine.heap.new_table();
    for (name, value) in [
        ("year", moment.year),
        ("month", moment.month as i64),
        ("day", moment.day),
        ("hour", moment.hour),
        ("min", moment.minute),
        ("sec", moment.second),
        ("wday", moment.weekday as i64 + 1),
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
