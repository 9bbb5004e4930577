//! Stable sorting by an order that need not be one: NaN is less than itself.

/// Elements below this many are sorted by insertion.
const BLOCK: usize = 20;

/// Sorts as Go does, so that even elements without a proper order end up in the same places.
pub(super) fn sort_stable<T>(items: &mut [T], is_less: &impl Fn(&T, &T) -> bool) {
    for block in items.chunks_mut(BLOCK) {
        insertion(block, is_less);
    }
    let mut width = BLOCK;
    while width < items.len() {
        for pair in items.chunks_mut(2 * width) {
            if pair.len() > width {
                merge(pair, width, is_less);
            }
        }
        width *= 2;
    }
}

fn insertion<T>(items: &mut [T], is_less: &impl Fn(&T, &T) -> bool) {
    for end in 1..items.len() {
        let mut place = end;
        while place > 0 && is_less(&items[place], &items[place - 1]) {
            items.swap(place, place - 1);
            place -= 1;
        }
    }
}

/// Merges two sorted parts in place, by rotations around a split that suits both.
fn merge<T>(items: &mut [T], middle: usize, is_less: &impl Fn(&T, &T) -> bool) {
    let length = items.len();
    if middle == 0 || middle == length {
        return;
    }
    if middle == 1 {
        let place = first(1, length, |place| !is_less(&items[place], &items[0]));
        items[..place].rotate_left(1);
        return;
    }
    if length - middle == 1 {
        let place = first(0, middle, |place| is_less(&items[middle], &items[place]));
        items[place..].rotate_right(1);
        return;
    }
    let (start, end) = split(items, middle, is_less);
    items[start..end].rotate_left(middle - start);
    let half = length / 2;
    let (left, right) = items.split_at_mut(half);
    merge(left, start, is_less);
    merge(right, end - half, is_less);
}

/// Gives the part to rotate so that every element left of the half belongs there.
fn split<T>(items: &[T], middle: usize, is_less: &impl Fn(&T, &T) -> bool) -> (usize, usize) {
    let half = items.len() / 2;
    let sum = half + middle;
    let (low, high) = if middle > half {
        (sum - items.len(), half)
    } else {
        (0, middle)
    };
    let start = first(low, high, |place| {
        is_less(&items[sum - 1 - place], &items[place])
    });
    (start, sum - start)
}

/// Gives the first place where a condition holds, which must hold from there on.
fn first(mut low: usize, mut high: usize, holds: impl Fn(usize) -> bool) -> usize {
    while low < high {
        let middle = low.midpoint(high);
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn equal_elements_keep_their_order(keys in proptest::collection::vec(0_u8..8, 0..300)) {
            let mut items: Vec<_> = keys.into_iter().zip(0..).collect();
            let mut expected: Vec<(u8, i32)> = items.clone();
            expected.sort_by_key(|(key, _)| *key);
            sort_stable(&mut items, &|left, right| left.0 < right.0);
            prop_assert_eq!(items, expected);
        }
    }

    #[test]
    fn an_order_that_is_none_ends_nothing() {
        let mut items: Vec<f64> = (0..500)
            .map(|place| {
                if place % 3 == 0 {
                    f64::NAN
                } else {
                    f64::from(place % 7)
                }
            })
            .collect();
        sort_stable(&mut items, &|left, right| left < right || left.is_nan());
        assert_eq!(items.len(), 500);
    }
}
