//! Exact decimal numbers, with quotients of sixteen places, as `shopspring/decimal` has them.
//!
//! Only what sums, products and quotients of a few doubles need: digits are kept one per byte.

use std::cmp::Ordering;

/// How many places a quotient has after the point.
const QUOTIENT_PLACES: i64 = 16;

/// A number times a power of ten.
#[derive(Clone, Debug, Default)]
pub(super) struct Decimal {
    is_negative: bool,
    /// The digits from the lowest on, without zeros at the end; zero has none.
    magnitude: Vec<u8>,
    exponent: i64,
}

impl Decimal {
    /// Takes the fewest digits that read back as the same double; infinities and NaN have none.
    pub(super) fn from_float(number: f64) -> Option<Self> {
        if !number.is_finite() {
            return None;
        }
        let written = format!("{:e}", number.abs());
        let (mantissa, exponent) = written.split_once('e')?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = whole.bytes().chain(fraction.bytes()).rev();
        Some(Self {
            is_negative: number < 0.0,
            magnitude: trimmed(digits.map(|digit| digit - b'0').collect()),
            exponent: exponent.parse::<i64>().ok()? - fraction.len() as i64,
        })
    }

    /// Gives the nearest double.
    pub(super) fn to_float(&self) -> f64 {
        if self.magnitude.is_empty() {
            return 0.0;
        }
        let sign = if self.is_negative { "-" } else { "" };
        let digits = self
            .magnitude
            .iter()
            .rev()
            .map(|digit| char::from(digit + b'0'));
        let digits: String = digits.collect();
        let written = format!("{sign}{digits}e{}", self.exponent);
        written
            .parse()
            .expect("digits with an exponent are a number")
    }

    /// Counts the digits.
    pub(super) fn digits(&self) -> usize {
        self.magnitude.len()
    }

    pub(super) fn add(&self, other: &Self) -> Self {
        let exponent = self.exponent.min(other.exponent);
        let left = shifted(&self.magnitude, self.exponent - exponent);
        let right = shifted(&other.magnitude, other.exponent - exponent);
        let (is_negative, magnitude) = if self.is_negative == other.is_negative {
            (self.is_negative, sum(&left, &right))
        } else if compare(&left, &right).is_ge() {
            (self.is_negative, difference(&left, &right))
        } else {
            (other.is_negative, difference(&right, &left))
        };
        Self {
            is_negative,
            magnitude,
            exponent,
        }
    }

    pub(super) fn subtract(&self, other: &Self) -> Self {
        self.add(&Self {
            is_negative: !other.is_negative,
            ..other.clone()
        })
    }

    pub(super) fn multiply(&self, other: &Self) -> Self {
        let mut columns = vec![0_u32; self.magnitude.len() + other.magnitude.len()];
        for (place, left) in self.magnitude.iter().enumerate() {
            let mut carry = 0;
            for (column, right) in columns[place..].iter_mut().zip(&other.magnitude) {
                let value = *column + u32::from(*left) * u32::from(*right) + carry;
                *column = value % 10;
                carry = value / 10;
            }
            columns[place + other.magnitude.len()] += carry;
        }
        let digit = |column: u32| u8::try_from(column).expect("carried below ten");
        Self {
            is_negative: self.is_negative != other.is_negative,
            magnitude: trimmed(columns.into_iter().map(digit).collect()),
            exponent: self.exponent + other.exponent,
        }
    }

    /// Divides, halves of the last place rounded away from zero; by zero there is no result.
    pub(super) fn divide(&self, other: &Self) -> Option<Self> {
        if other.magnitude.is_empty() {
            return None;
        }
        let shift = self.exponent - other.exponent + QUOTIENT_PLACES;
        let number = shifted(&self.magnitude, shift.max(0));
        let divisor = shifted(&other.magnitude, (-shift).max(0));
        let (mut quotient, remainder) = divided(&number, &divisor);
        if compare(&sum(&remainder, &remainder), &divisor).is_ge() {
            quotient = sum(&quotient, &[1]);
        }
        Some(Self {
            is_negative: self.is_negative != other.is_negative,
            magnitude: quotient,
            exponent: -QUOTIENT_PLACES,
        })
    }
}

fn trimmed(mut magnitude: Vec<u8>) -> Vec<u8> {
    while magnitude.last() == Some(&0) {
        magnitude.pop();
    }
    magnitude
}

/// Multiplies by a power of ten.
fn shifted(magnitude: &[u8], places: i64) -> Vec<u8> {
    if magnitude.is_empty() {
        return Vec::new();
    }
    let places = usize::try_from(places).expect("the lower exponent was taken off");
    let zeros = std::iter::repeat_n(0, places);
    zeros.chain(magnitude.iter().copied()).collect()
}

fn compare(left: &[u8], right: &[u8]) -> Ordering {
    let by_length = left.len().cmp(&right.len());
    by_length.then_with(|| left.iter().rev().cmp(right.iter().rev()))
}

fn sum(left: &[u8], right: &[u8]) -> Vec<u8> {
    let mut carry = 0;
    let mut digits = Vec::with_capacity(left.len().max(right.len()) + 1);
    for place in 0..left.len().max(right.len()) {
        let digit = |digits: &[u8]| digits.get(place).copied().unwrap_or(0);
        let value = digit(left) + digit(right) + carry;
        digits.push(value % 10);
        carry = value / 10;
    }
    digits.push(carry);
    trimmed(digits)
}

/// Takes a number off one that is not smaller.
fn difference(larger: &[u8], smaller: &[u8]) -> Vec<u8> {
    let mut digits = larger.to_vec();
    take_off(&mut digits, smaller);
    trimmed(digits)
}

fn take_off(larger: &mut [u8], smaller: &[u8]) {
    let mut borrow = 0;
    for (place, digit) in larger.iter_mut().enumerate() {
        let taken = smaller.get(place).copied().unwrap_or(0) + borrow;
        borrow = u8::from(*digit < taken);
        *digit = *digit + 10 * borrow - taken;
        if borrow == 0 && place >= smaller.len() {
            return;
        }
    }
}

/// Divides digit by digit and gives the quotient and the remainder.
fn divided(number: &[u8], divisor: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let mut quotient = vec![0; number.len()];
    let mut remainder: Vec<u8> = Vec::with_capacity(divisor.len() + 1);
    for (place, digit) in number.iter().enumerate().rev() {
        remainder.insert(0, *digit);
        remainder = trimmed(remainder);
        while compare(&remainder, divisor).is_ge() {
            take_off(&mut remainder, divisor);
            remainder = trimmed(remainder);
            quotient[place] += 1;
        }
    }
    (trimmed(quotient), remainder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decimal(number: f64) -> Decimal {
        Decimal::from_float(number).unwrap()
    }

    #[test]
    fn tenths_are_exact() {
        assert_eq!(decimal(0.1).add(&decimal(0.2)).to_float(), 0.3);
        assert_eq!(decimal(0.3).subtract(&decimal(0.1)).to_float(), 0.2);
        assert_eq!(decimal(1.1).multiply(&decimal(1.1)).to_float(), 1.21);
    }

    #[test]
    fn quotients_have_sixteen_places() {
        let quotient = |a, b| {
            decimal(a)
                .divide(&decimal(b))
                .map(|result| result.to_float())
        };
        assert_eq!(quotient(2.0, 3.0), Some(0.666_666_666_666_666_7));
        assert_eq!(quotient(1.0, 3e10), Some(0.000_000_000_033_333_3));
        assert_eq!(quotient(-1.0, 2e16), Some(-1e-16));
        assert_eq!(quotient(1.0, 0.0), None);
    }

    #[test]
    fn the_largest_and_the_smallest_numbers_meet() {
        let sum = decimal(f64::MAX).add(&decimal(f64::from_bits(1)));
        assert_eq!(sum.to_float(), f64::MAX);
        assert_eq!(
            decimal(f64::MAX).multiply(&decimal(f64::MAX)).to_float(),
            f64::INFINITY
        );
    }

    proptest! {
        #[test]
        fn operations_on_whole_numbers_are_those_of_integers(a in -1_000_000_i64..1_000_000, b in -1_000_000_i64..1_000_000) {
            let (left, right) = (decimal(a as f64), decimal(b as f64));
            prop_assert_eq!(left.add(&right).to_float(), (a + b) as f64);
            prop_assert_eq!(left.subtract(&right).to_float(), (a - b) as f64);
            prop_assert_eq!(left.multiply(&right).to_float(), (a * b) as f64);
        }

        #[test]
        fn doubles_read_back(number in any::<f64>()) {
            let expected = if number == 0.0 { 0.0 } else { number };
            if number.is_finite() {
                prop_assert_eq!(decimal(number).to_float(), expected);
            }
        }
    }
}
