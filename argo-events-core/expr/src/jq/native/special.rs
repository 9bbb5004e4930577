//! Functions with special values of their own, and bounds on those that would loop.

/// Orders beyond this are not computed: the loop over them would go on for long.
const MAX_ORDER: i64 = 100_000;

pub(super) fn gamma(number: f64) -> f64 {
    /// Up to here whole numbers are products.
    const PRODUCTS: f64 = 33.0;
    let is_whole = number == number.trunc();
    if number.is_nan() || number < 0.0 && is_whole {
        return f64::NAN;
    }
    if number == 0.0 {
        return f64::INFINITY.copysign(number);
    }
    if is_whole && number <= PRODUCTS {
        let mut product = 1.0;
        let mut factor = number;
        while factor >= 3.0 {
            factor -= 1.0;
            product *= factor;
        }
        return product;
    }
    libm::tgamma(number)
}

pub(super) fn log_gamma(number: f64) -> f64 {
    if number.is_infinite() {
        return number;
    }
    libm::lgamma(number)
}

pub(super) fn extreme(left: f64, right: f64, greatest: bool) -> f64 {
    if left.is_nan() {
        return right;
    }
    if right.is_nan() {
        return left;
    }
    // Zeros of both signs are ordered, too.
    let left_first = left.total_cmp(&right).is_gt() == greatest;
    if left_first { left } else { right }
}

pub(super) fn y0(number: f64) -> f64 {
    libm::y0(number)
}

pub(super) fn y1(number: f64) -> f64 {
    libm::y1(number)
}

pub(super) fn jn(order: i64, number: f64) -> f64 {
    if number.is_infinite() {
        return 0.0;
    }
    match i32::try_from(order) {
        Ok(small) if order.abs() <= MAX_ORDER => libm::jn(small, number),
        _ if number.is_nan() => number,
        _ if number.abs() < (order.unsigned_abs() as f64) => 0.0,
        _ => f64::NAN,
    }
}

pub(super) fn yn(order: i64, number: f64) -> f64 {
    if number.is_nan() || number < 0.0 {
        return f64::NAN;
    }
    match i32::try_from(order) {
        Ok(small) if order.abs() <= MAX_ORDER => libm::yn(small, number),
        _ if number < (order.unsigned_abs() as f64) => f64::NEG_INFINITY,
        _ => f64::NAN,
    }
}
