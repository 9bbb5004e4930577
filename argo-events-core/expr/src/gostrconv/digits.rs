//! Decimal digits of a number, the fewest that read back or rounded to a count.

/// No number has more decimal digits: beyond them only zeros follow.
pub(crate) const ALL_DIGITS: usize = 1100;

/// Decimal digits without zeros at either end, and where the point stands among them.
#[derive(Debug, PartialEq)]
pub(crate) struct Digits {
    digits: Vec<u8>,
    point: i32,
}

impl Digits {
    /// Finds the fewest digits that read back as the same number, the nearest ones if several do.
    pub(crate) fn shortest(size: f64) -> Self {
        Self::read(zmij::Buffer::new().format_finite(size))
    }

    /// Finds the fewest digits that read back in single precision.
    #[cfg(feature = "gojson")]
    pub(crate) fn shortest_f32(size: f32) -> Self {
        Self::read(zmij::Buffer::new().format_finite(size))
    }

    /// Rounds to one digit before the point and a count after it.
    pub(crate) fn rounded(size: f64, after_first: usize) -> Self {
        Self::read(&format!("{size:.*e}", after_first.min(ALL_DIGITS)))
    }

    /// Rounds to a count of digits after the point.
    pub(crate) fn rounded_after_point(size: f64, count: usize) -> Self {
        Self::read(&format!("{size:.*}", count.min(ALL_DIGITS)))
    }

    /// Reads digits with a point and an exponent, either of which may be missing.
    fn read(text: &str) -> Self {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let whole = mantissa.find('.').unwrap_or(mantissa.len());
        let digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).collect();
        let Some(first) = digits.iter().position(|digit| *digit != b'0') else {
            return Self {
                digits: Vec::new(),
                point: 0,
            };
        };
        let last = digits
            .iter()
            .rposition(|digit| *digit != b'0')
            .unwrap_or(first);
        let exponent: i32 = exponent.parse().unwrap_or(0);
        Self {
            point: exponent + whole as i32 - first as i32,
            digits: digits[first..=last].to_vec(),
        }
    }

    /// Counts the digits: none for zero.
    pub(crate) fn len(&self) -> i32 {
        self.digits.len() as i32
    }

    /// Counts the digits before the point; negative if zeros follow it first.
    pub(crate) fn point(&self) -> i32 {
        self.point
    }

    /// Gives the exponent of ten of the first digit.
    pub(crate) fn exponent(&self) -> i32 {
        if self.digits.is_empty() {
            0
        } else {
            self.point - 1
        }
    }

    /// Counts the digits after the first one.
    pub(crate) fn after_first(&self) -> usize {
        self.digits.len().saturating_sub(1)
    }

    /// Counts the digits that the fixed form needs after the point.
    pub(crate) fn after_point(&self) -> usize {
        usize::try_from(self.len() - self.point).unwrap_or(0)
    }

    /// Gives the digit at a place counted from the first one, zero outside.
    pub(crate) fn at(&self, place: i32) -> char {
        let digit = usize::try_from(place)
            .ok()
            .and_then(|place| self.digits.get(place));
        char::from(digit.copied().unwrap_or(b'0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn of_two_nearest_numbers_the_even_one_is_taken() {
        let digits = Digits::shortest(4_000_000_000_000_001.0 / 4.0);
        assert_eq!((digits.at(16), digits.len(), digits.point), ('2', 17, 16));
    }

    #[test]
    fn places_outside_are_zero() {
        let digits = Digits::rounded_after_point(0.0625, 3);
        assert_eq!((digits.len(), digits.point), (2, -1));
        assert_eq!((digits.at(-1), digits.at(0), digits.at(2)), ('0', '6', '0'));
    }

    proptest! {
        #[test]
        fn digits_start_and_end_with_others_than_zero(value in proptest::num::f64::NORMAL) {
            let digits = Digits::shortest(value.abs());
            prop_assert!(digits.at(0) != '0' && digits.at(digits.len() - 1) != '0');
        }
    }
}
