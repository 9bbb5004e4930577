//! Splits layouts such as `Mon Jan _2 15:04` into the elements that stand for parts of a time.

/// What a part of a layout stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    /// `January`.
    LongMonth,
    /// `Jan`.
    Month,
    /// `1`.
    NumericMonth,
    /// `01`.
    ZeroMonth,
    /// `Monday`.
    LongWeekday,
    /// `Mon`.
    Weekday,
    /// `2`.
    Day,
    /// `_2`.
    UnderDay,
    /// `02`.
    ZeroDay,
    /// `__2`.
    UnderYearDay,
    /// `002`.
    ZeroYearDay,
    /// `15`.
    Hour,
    /// `3`.
    Hour12,
    /// `03`.
    ZeroHour12,
    /// `4`.
    Minute,
    /// `04`.
    ZeroMinute,
    /// `5`.
    Second,
    /// `05`.
    ZeroSecond,
    /// `2006`.
    LongYear,
    /// `06`.
    Year,
    /// `PM`.
    UpperHalf,
    /// `pm`.
    LowerHalf,
    /// `MST`.
    ZoneName,
    /// `-0700` and its kin.
    Offset(Offset),
    /// `.000` and its kin.
    Fraction(Fraction),
}

/// How an offset from UTC is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Offset {
    /// Whether UTC is written as `Z`.
    pub(super) zulu: bool,
    /// Whether colons stand between the parts.
    pub(super) colons: bool,
    /// 1 for hours, 2 for minutes too, 3 for seconds too.
    pub(super) parts: u8,
}

/// How a fraction of a second is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fraction {
    pub(super) digits: usize,
    pub(super) separator: u8,
    /// Whether zeros at the end are left out.
    pub(super) trimmed: bool,
}

/// The first element of a layout.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunk<'a> {
    /// What stands before it.
    pub(super) prefix: &'a [u8],
    /// The element and how it is spelt; nothing at the end of the layout.
    pub(super) element: Option<(Element, &'a [u8])>,
    /// What stands after it.
    pub(super) rest: &'a [u8],
}

/// Finds the first element of a layout.
pub(super) fn next_chunk(layout: &[u8]) -> Chunk<'_> {
    for start in 0..layout.len() {
        let Some((skip, length, element)) = element_at(&layout[start..]) else {
            continue;
        };
        let (begin, end) = (start + skip, start + skip + length);
        return Chunk {
            prefix: &layout[..begin],
            element: Some((element, &layout[begin..end])),
            rest: &layout[end..],
        };
    }
    Chunk {
        prefix: layout,
        element: None,
        rest: &[],
    }
}

/// Returns the element that a text begins with, after so many bytes, and its length.
fn element_at(text: &[u8]) -> Option<(usize, usize, Element)> {
    let here = |length: usize, element: Element| Some((0, length, element));
    match text[0] {
        b'J' => month_name(text),
        b'M' => weekday_or_zone(text),
        b'0' => zero_led(text),
        b'1' if text.starts_with(b"15") => here(2, Element::Hour),
        b'1' => here(1, Element::NumericMonth),
        b'2' if text.starts_with(b"2006") => here(4, Element::LongYear),
        b'2' => here(1, Element::Day),
        // The underscore before a long year is only an underscore.
        b'_' if text.starts_with(b"_2006") => Some((1, 4, Element::LongYear)),
        b'_' if text.starts_with(b"_2") => here(2, Element::UnderDay),
        b'_' if text.starts_with(b"__2") => here(3, Element::UnderYearDay),
        b'3' => here(1, Element::Hour12),
        b'4' => here(1, Element::Minute),
        b'5' => here(1, Element::Second),
        b'P' if text.starts_with(b"PM") => here(2, Element::UpperHalf),
        b'p' if text.starts_with(b"pm") => here(2, Element::LowerHalf),
        b'-' | b'Z' => offset(text),
        b'.' | b',' => fraction(text),
        _ => None,
    }
}

fn month_name(text: &[u8]) -> Option<(usize, usize, Element)> {
    if text.starts_with(b"January") {
        return Some((0, 7, Element::LongMonth));
    }
    is_short_name(text, b"Jan").then_some((0, 3, Element::Month))
}

fn weekday_or_zone(text: &[u8]) -> Option<(usize, usize, Element)> {
    if text.starts_with(b"Monday") {
        return Some((0, 6, Element::LongWeekday));
    }
    if text.starts_with(b"MST") {
        return Some((0, 3, Element::ZoneName));
    }
    is_short_name(text, b"Mon").then_some((0, 3, Element::Weekday))
}

/// Tells whether a text begins with a name that does not go on, as `Month` does after `Mon`.
fn is_short_name(text: &[u8], name: &[u8]) -> bool {
    text.strip_prefix(name)
        .is_some_and(|rest| !rest.first().is_some_and(u8::is_ascii_lowercase))
}

fn zero_led(text: &[u8]) -> Option<(usize, usize, Element)> {
    let element = match text.get(1)? {
        b'1' => Element::ZeroMonth,
        b'2' => Element::ZeroDay,
        b'3' => Element::ZeroHour12,
        b'4' => Element::ZeroMinute,
        b'5' => Element::ZeroSecond,
        b'6' => Element::Year,
        b'0' if text.get(2) == Some(&b'2') => return Some((0, 3, Element::ZeroYearDay)),
        _ => return None,
    };
    Some((0, 2, element))
}

fn offset(text: &[u8]) -> Option<(usize, usize, Element)> {
    const FORMS: [(&[u8], bool, u8); 5] = [
        (b"070000", false, 3),
        (b"07:00:00", true, 3),
        (b"0700", false, 2),
        (b"07:00", true, 2),
        (b"07", false, 1),
    ];
    let (form, colons, parts) = FORMS
        .into_iter()
        .find(|(form, ..)| text[1..].starts_with(form))?;
    let offset = Offset {
        zulu: text[0] == b'Z',
        colons,
        parts,
    };
    Some((0, 1 + form.len(), Element::Offset(offset)))
}

fn fraction(text: &[u8]) -> Option<(usize, usize, Element)> {
    // Go keeps the number of digits in twelve bits.
    const DIGITS: usize = 0xfff;
    let digit = *text.get(1).filter(|digit| matches!(digit, b'0' | b'9'))?;
    let digits = text[1..].iter().take_while(|byte| **byte == digit).count();
    if text.get(1 + digits).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let fraction = Fraction {
        digits: digits & DIGITS,
        separator: text[0],
        trimmed: digit == b'9',
    };
    Some((0, 1 + digits, Element::Fraction(fraction)))
}
