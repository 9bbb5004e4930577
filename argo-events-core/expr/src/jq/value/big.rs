//! Whole numbers beyond 64 bits, in decimal limbs: reading and writing them is what programs do.

use super::Value;
use std::{cmp::Ordering, fmt, sync::Arc};

const BASE: u64 = 1_000_000_000;
const LIMB_DIGITS: usize = 9;

/// A whole number of any size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Big {
    negative: bool,
    /// Nine decimal digits each, the lowest first, without leading zeros; zero has none.
    limbs: Vec<u32>,
}

impl From<i64> for Big {
    fn from(number: i64) -> Self {
        let mut limbs = Vec::new();
        let mut rest = number.unsigned_abs();
        while rest > 0 {
            limbs.push((rest % BASE) as u32);
            rest /= BASE;
        }
        Self::new(number < 0, limbs)
    }
}

impl Big {
    fn new(negative: bool, mut limbs: Vec<u32>) -> Self {
        while limbs.last() == Some(&0) {
            limbs.pop();
        }
        let negative = negative && !limbs.is_empty();
        Self { negative, limbs }
    }

    /// Reads a sign, if there is one, and digits.
    pub(in crate::jq) fn parse(text: &[u8]) -> Option<Self> {
        let (negative, digits) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, text),
        };
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let limb = |chunk: &[u8]| {
            chunk
                .iter()
                .fold(0, |limb, digit| limb * 10 + u32::from(digit - b'0'))
        };
        Some(Self::new(
            negative,
            digits.rchunks(LIMB_DIGITS).map(limb).collect(),
        ))
    }

    /// Makes a value of it, of the smaller kind if it fits.
    pub(in crate::jq) fn into_value(self) -> Value {
        match self.to_i64() {
            Some(number) => Value::Int(number),
            None => Value::Big(Arc::new(self)),
        }
    }

    fn to_i64(&self) -> Option<i64> {
        if self.limbs.len() > 3 {
            return None;
        }
        let size = self.limbs.iter().rev().fold(0_i128, |size, limb| {
            size * i128::from(BASE) + i128::from(*limb)
        });
        i64::try_from(if self.negative { -size } else { size }).ok()
    }

    pub(in crate::jq) fn is_negative(&self) -> bool {
        self.negative
    }

    pub(in crate::jq) fn is_zero(&self) -> bool {
        self.limbs.is_empty()
    }

    /// Tells how much work computing with it is.
    pub(in crate::jq) fn limbs(&self) -> usize {
        self.limbs.len()
    }

    pub(in crate::jq) fn to_f64(&self) -> f64 {
        self.to_string().parse().unwrap_or(if self.negative {
            f64::NEG_INFINITY
        } else {
            f64::INFINITY
        })
    }

    pub(in crate::jq) fn negate(&self) -> Self {
        Self::new(!self.negative, self.limbs.clone())
    }

    pub(in crate::jq) fn add(&self, other: &Self) -> Self {
        if self.negative == other.negative {
            return Self::new(self.negative, add_sizes(&self.limbs, &other.limbs));
        }
        match compare_sizes(&self.limbs, &other.limbs) {
            Ordering::Less => Self::new(other.negative, subtract_sizes(&other.limbs, &self.limbs)),
            _ => Self::new(self.negative, subtract_sizes(&self.limbs, &other.limbs)),
        }
    }

    pub(in crate::jq) fn subtract(&self, other: &Self) -> Self {
        self.add(&other.negate())
    }

    pub(in crate::jq) fn multiply(&self, other: &Self) -> Self {
        let mut limbs = vec![0_u32; self.limbs.len() + other.limbs.len()];
        for (place, left) in self.limbs.iter().enumerate() {
            let mut carry = 0;
            for (offset, right) in other.limbs.iter().enumerate() {
                let limb = &mut limbs[place + offset];
                let sum = u64::from(*limb) + u64::from(*left) * u64::from(*right) + carry;
                *limb = (sum % BASE) as u32;
                carry = sum / BASE;
            }
            limbs[place + other.limbs.len()] = carry as u32;
        }
        Self::new(self.negative != other.negative, limbs)
    }

    /// Divides towards zero; gives the quotient and what is left, which has the sign of `self`.
    pub(in crate::jq) fn divide(&self, other: &Self) -> (Self, Self) {
        let (quotient, rest) = divide_sizes(&self.limbs, &other.limbs);
        (
            Self::new(self.negative != other.negative, quotient),
            Self::new(self.negative, rest),
        )
    }
}

impl Ord for Big {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => compare_sizes(&self.limbs, &other.limbs),
            (true, true) => compare_sizes(&other.limbs, &self.limbs),
        }
    }
}

impl PartialOrd for Big {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Big {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((highest, rest)) = self.limbs.split_last() else {
            return formatter.write_str("0");
        };
        if self.negative {
            formatter.write_str("-")?;
        }
        write!(formatter, "{highest}")?;
        rest.iter()
            .rev()
            .try_for_each(|limb| write!(formatter, "{limb:09}"))
    }
}

fn compare_sizes(left: &[u32], right: &[u32]) -> Ordering {
    left.len()
        .cmp(&right.len())
        .then_with(|| left.iter().rev().cmp(right.iter().rev()))
}

fn add_sizes(left: &[u32], right: &[u32]) -> Vec<u32> {
    let (long, short) = if left.len() < right.len() {
        (right, left)
    } else {
        (left, right)
    };
    let mut carry = 0;
    let mut sum = Vec::with_capacity(long.len() + 1);
    for (place, limb) in long.iter().enumerate() {
        let total = u64::from(*limb) + u64::from(short.get(place).copied().unwrap_or(0)) + carry;
        sum.push((total % BASE) as u32);
        carry = total / BASE;
    }
    sum.push(carry as u32);
    sum
}

/// Subtracts the smaller size from the larger.
fn subtract_sizes(large: &[u32], small: &[u32]) -> Vec<u32> {
    let mut borrow = 0;
    let mut difference = Vec::with_capacity(large.len());
    for (place, limb) in large.iter().enumerate() {
        let taken = u64::from(small.get(place).copied().unwrap_or(0)) + borrow;
        let have = u64::from(*limb);
        borrow = u64::from(have < taken);
        difference.push((have + borrow * BASE - taken) as u32);
    }
    difference
}

/// Divides as one does by hand: every limb of the quotient is estimated from the highest limbs and
/// corrected.
fn divide_sizes(dividend: &[u32], divisor: &[u32]) -> (Vec<u32>, Vec<u32>) {
    if compare_sizes(dividend, divisor) == Ordering::Less {
        return (Vec::new(), dividend.to_vec());
    }
    if let [single] = divisor {
        return divide_by_limb(dividend, u64::from(*single));
    }
    // Scaled so that the highest limb is at least half the base, the estimate is off by two at most.
    let scale = BASE / (u64::from(divisor[divisor.len() - 1]) + 1);
    let divisor = scaled(divisor, scale);
    let divisor = &divisor[..divisor.len() - 1];
    let mut rest = scaled(dividend, scale);
    let length = divisor.len();
    let mut quotient = vec![0_u32; rest.len() - length];
    for place in (0..quotient.len()).rev() {
        quotient[place] = quotient_limb(&mut rest[place..=place + length], divisor);
    }
    let (rest, _) = divide_by_limb(&rest[..length], scale);
    (quotient, rest)
}

/// Multiplies by a limb; the result has one limb more.
fn scaled(limbs: &[u32], scale: u64) -> Vec<u32> {
    let mut carry = 0;
    let mut product = Vec::with_capacity(limbs.len() + 1);
    for limb in limbs {
        let total = u64::from(*limb) * scale + carry;
        product.push((total % BASE) as u32);
        carry = total / BASE;
    }
    product.push(carry as u32);
    product
}

fn divide_by_limb(limbs: &[u32], divisor: u64) -> (Vec<u32>, Vec<u32>) {
    let mut quotient = vec![0; limbs.len()];
    let mut rest = 0;
    for (place, limb) in limbs.iter().enumerate().rev() {
        let total = rest * BASE + u64::from(*limb);
        quotient[place] = (total / divisor) as u32;
        rest = total % divisor;
    }
    (quotient, vec![rest as u32])
}

/// Takes the divisor off the rest, which has one limb more, as often as it goes.
fn quotient_limb(rest: &mut [u32], divisor: &[u32]) -> u32 {
    let length = divisor.len();
    let top = u64::from(rest[length]) * BASE + u64::from(rest[length - 1]);
    let mut estimate = (top / u64::from(divisor[length - 1])).min(BASE - 1);
    let divisor = || divisor.iter().copied().map(u64::from).chain([0]);
    let mut borrow = 0_i64;
    for (limb, part) in rest.iter_mut().zip(divisor()) {
        let left = i64::from(*limb) + borrow - (part * estimate).cast_signed();
        *limb = left.rem_euclid(BASE as i64) as u32;
        borrow = left.div_euclid(BASE as i64);
    }
    while borrow < 0 {
        estimate -= 1;
        let mut carry = 0;
        for (limb, part) in rest.iter_mut().zip(divisor()) {
            let total = u64::from(*limb) + part + carry;
            *limb = (total % BASE) as u32;
            carry = total / BASE;
        }
        borrow += carry.cast_signed();
    }
    estimate as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn big(number: i128) -> Big {
        Big::parse(number.to_string().as_bytes()).expect("digits")
    }

    #[test]
    fn divisions_that_need_correction_are_right() {
        let dividend = Big::parse(b"999999999000000000000000000000000000000").expect("digits");
        let divisor = Big::parse(b"999999999999999999").expect("digits");
        let (quotient, rest) = dividend.divide(&divisor);
        assert_eq!(quotient.multiply(&divisor).add(&rest), dividend);
        assert!(rest < divisor);
    }

    proptest! {
        #[test]
        fn it_computes_as_128_bits_do(left in -(1_i128 << 62)..1 << 62, right: i64, third: i64) {
            let wide = left * i128::from(third);
            let right = i128::from(right);
            prop_assert_eq!(big(wide).add(&big(right)), big(wide + right));
            prop_assert_eq!(big(wide).subtract(&big(right)), big(wide - right));
            prop_assert_eq!(big(left).multiply(&big(right)), big(left * right));
            if right != 0 {
                prop_assert_eq!(big(wide).divide(&big(right)), (big(wide / right), big(wide % right)));
            }
            prop_assert_eq!(big(wide).cmp(&big(right)), wide.cmp(&right));
        }

        #[test]
        fn quotient_and_rest_give_the_dividend(left in "-?[1-9][0-9]{0,90}", right in "-?[1-9][0-9]{0,60}") {
            let (left, right) = (Big::parse(left.as_bytes()).expect("digits"), Big::parse(right.as_bytes()).expect("digits"));
            let (quotient, rest) = left.divide(&right);
            prop_assert_eq!(quotient.multiply(&right).add(&rest), left);
            prop_assert_eq!(compare_sizes(&rest.limbs, &right.limbs), Ordering::Less);
        }
    }
}
