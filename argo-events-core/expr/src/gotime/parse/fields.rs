//! Reads the elements of a layout, one at a time.

use super::{
    Failure, Input, digits,
    draft::{Draft, Half},
    signed,
    zone::{is_offset_sign, zone_name_length},
};
use crate::gotime::{
    layout::{Element, Fraction, Offset, next_chunk},
    names::{MONTHS, SHORT, WEEKDAYS},
};

/// The longest abbreviation of a zone that is taken; real ones have at most six letters.
const MAX_ZONE_NAME_BYTES: usize = 64;

impl<'a> Draft<'a> {
    /// Reads one element; `ahead` is the layout after it.
    pub(super) fn read(
        &mut self,
        element: Element,
        input: &mut Input<'a>,
        ahead: &[u8],
    ) -> Result<(), Failure> {
        match element {
            Element::Year => self.year = two_digit_year(input)?,
            Element::LongYear => self.year = long_year(input)?,
            Element::Month => self.month = Some(1 + input.name(&MONTHS, SHORT)? as i64),
            Element::LongMonth => self.month = Some(1 + input.name(&MONTHS, usize::MAX)? as i64),
            Element::NumericMonth => self.month = Some(month(input, false)?),
            Element::ZeroMonth => self.month = Some(month(input, true)?),
            Element::Weekday => {
                input.name(&WEEKDAYS, SHORT)?;
            }
            Element::LongWeekday => {
                input.name(&WEEKDAYS, usize::MAX)?;
            }
            Element::Day | Element::UnderDay | Element::ZeroDay => {
                if element == Element::UnderDay {
                    input.skip_space();
                }
                self.day = Some(input.digits(2, element == Element::ZeroDay)?);
            }
            Element::UnderYearDay => {
                input.skip_space();
                input.skip_space();
                self.year_day = Some(input.digits(3, false)?);
            }
            Element::ZeroYearDay => self.year_day = Some(input.digits(3, true)?),
            Element::Hour => self.hour = below(24, input.digits(2, false)?, "hour")?,
            Element::Hour12 => self.hour = below(13, input.digits(2, false)?, "hour")?,
            Element::ZeroHour12 => self.hour = below(13, input.digits(2, true)?, "hour")?,
            Element::Minute => self.minute = below(60, input.digits(2, false)?, "minute")?,
            Element::ZeroMinute => self.minute = below(60, input.digits(2, true)?, "minute")?,
            Element::Second => self.read_second(input, false, ahead)?,
            Element::ZeroSecond => self.read_second(input, true, ahead)?,
            Element::UpperHalf => self.half = Some(half(input, b"AM", b"PM")?),
            Element::LowerHalf => self.half = Some(half(input, b"am", b"pm")?),
            Element::ZoneName => self.read_zone_name(input)?,
            Element::Offset(form) => self.read_offset(input, form)?,
            Element::Fraction(form) => self.read_fraction(input, form)?,
        }
        Ok(())
    }

    fn read_second(
        &mut self,
        input: &mut Input<'a>,
        fixed: bool,
        ahead: &[u8],
    ) -> Result<(), Failure> {
        self.second = below(60, input.digits(2, fixed)?, "second")?;
        let of_layout = next_chunk(ahead).element;
        if matches!(of_layout, Some((Element::Fraction(_), _))) {
            return Ok(());
        }
        if let [b'.' | b',', rest @ ..] = input.rest
            && digits(rest) > 0
        {
            let fraction = input.take(1 + digits(rest))?;
            self.nanosecond = nanoseconds(fraction)?;
        }
        Ok(())
    }

    fn read_fraction(&mut self, input: &mut Input<'a>, form: Fraction) -> Result<(), Failure> {
        let length = if form.trimmed {
            match input.rest {
                [b'.' | b',', rest @ ..] if digits(rest) > 0 => 1 + digits(rest),
                _ => return Ok(()),
            }
        } else {
            1 + form.digits
        };
        self.nanosecond = nanoseconds(input.take(length)?)?;
        Ok(())
    }

    fn read_zone_name(&mut self, input: &mut Input<'a>) -> Result<(), Failure> {
        if input.rest.starts_with(b"UTC") {
            input.take(3)?;
            self.zulu = true;
            return Ok(());
        }
        let length = zone_name_length(input.rest)
            .filter(|length| *length <= MAX_ZONE_NAME_BYTES)
            .ok_or(Failure::Mismatch)?;
        self.zone_name = input.take(length)?;
        Ok(())
    }

    fn read_offset(&mut self, input: &mut Input<'a>, form: Offset) -> Result<(), Failure> {
        if form.zulu && input.rest.first() == Some(&b'Z') {
            input.take(1)?;
            self.zulu = true;
            return Ok(());
        }
        let parts = usize::from(form.parts);
        let width = if form.colons { 3 } else { 2 };
        let text = input.take(1 + 2 + width * (parts - 1))?;
        let mut values = [0; 3];
        let mut failure = None;
        for (index, value) in values.iter_mut().enumerate().take(parts) {
            let start = 1 + width * index;
            if form.colons && index > 0 && text[start - 1] != b':' {
                return Err(Failure::Mismatch);
            }
            let mut part = Input {
                rest: &text[start..start + 2],
            };
            match part.digits(2, true) {
                Ok(number) if failure.is_none() => *value = number,
                Ok(_) => {}
                Err(mismatch) => failure = Some(mismatch),
            }
        }
        // Ranges are looked at even when a later part is no number, as Go does.
        let [hours, minutes, seconds] = values;
        below(61, seconds, "time zone offset second")?;
        below(61, minutes, "time zone offset minute")?;
        below(25, hours, "time zone offset hour")?;
        if let Some(failure) = failure {
            return Err(failure);
        }
        if !is_offset_sign(text[0]) {
            return Err(Failure::Mismatch);
        }
        let offset = (hours * 60 + minutes) * 60 + seconds;
        self.offset = Some(if text[0] == b'-' { -offset } else { offset });
        Ok(())
    }
}

fn two_digit_year(input: &mut Input<'_>) -> Result<i64, Failure> {
    let year = signed(input.take(2)?)?;
    Ok(year + if year >= 69 { 1_900 } else { 2_000 })
}

fn long_year(input: &mut Input<'_>) -> Result<i64, Failure> {
    let text = input.take(4)?;
    if !text[0].is_ascii_digit() {
        return Err(Failure::Mismatch);
    }
    signed(text)
}

fn month(input: &mut Input<'_>, fixed: bool) -> Result<i64, Failure> {
    let month = below(13, input.digits(2, fixed)?, "month")?;
    if month == 0 {
        return Err(Failure::OutOfRange("month"));
    }
    Ok(month)
}

fn below(limit: i64, number: i64, what: &'static str) -> Result<i64, Failure> {
    if number < limit {
        Ok(number)
    } else {
        Err(Failure::OutOfRange(what))
    }
}

fn half(input: &mut Input<'_>, morning: &[u8], afternoon: &[u8]) -> Result<Half, Failure> {
    match input.take(2)? {
        text if text == morning => Ok(Half::Morning),
        text if text == afternoon => Ok(Half::Afternoon),
        _ => Err(Failure::Mismatch),
    }
}

/// Reads a separator and digits as nanoseconds; those past the ninth are dropped.
fn nanoseconds(text: &[u8]) -> Result<i64, Failure> {
    let text = &text[..text.len().min(10)];
    let [b'.' | b',', fraction @ ..] = text else {
        return Err(Failure::Mismatch);
    };
    let value = signed(fraction)?;
    if value < 0 {
        return Err(Failure::OutOfRange("fractional second"));
    }
    let missing = u32::try_from(10 - text.len()).expect("at most ten bytes are left");
    Ok(value * 10_i64.pow(missing))
}
