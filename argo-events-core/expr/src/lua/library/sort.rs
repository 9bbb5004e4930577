//! `table.sort`, in the very order of comparisons and exchanges that Go's `sort.Sort` has, so that
//! elements that compare equal end up in the same order.

use super::super::{
    heap::Fault,
    machine::{Arguments, Machine},
    value::{TableId, Value},
};

pub(super) fn sort(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let table = machine.table(arguments, 1)?;
    let order = match arguments.count {
        1 => None,
        _ => Some(Value::Function(machine.function(arguments, 2)?)),
    };
    let length = machine.heap.table(table).list.len();
    let mut sorter = Sorter {
        machine,
        table,
        order,
    };
    let limit = usize::BITS - length.leading_zeros();
    sorter.quick(0, length, limit)
}

/// What a look at some elements says about their order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hint {
    Unknown,
    Increasing,
    Decreasing,
}

struct Sorter<'a> {
    machine: &'a mut Machine,
    table: TableId,
    order: Option<Value>,
}

/// Up to how many elements are sorted by insertion.
const FEW: usize = 12;

type Sorted<T> = Result<T, Fault>;

impl Sorter<'_> {
    fn at(&self, place: usize) -> Value {
        self.machine.heap.table(self.table).at(place)
    }

    fn less(&mut self, left: usize, right: usize) -> Sorted<bool> {
        self.machine.budget.take(2)?;
        let (left, right) = (self.at(left), self.at(right));
        match self.order {
            Some(order) => Ok(self.machine.invoke(order, &[left, right])?.is_true()),
            None => self.machine.is_less(left, right),
        }
    }

    /// Exchanges two elements, if the order's function did not remove them meanwhile.
    fn swap(&mut self, left: usize, right: usize) {
        let list = &mut self.machine.heap.table_mut(self.table).list;
        if left < list.len() && right < list.len() {
            list.swap(left, right);
        }
    }

    fn insertion(&mut self, start: usize, end: usize) -> Sorted<()> {
        for place in start + 1..end {
            let mut at = place;
            while at > start && self.less(at, at - 1)? {
                self.swap(at, at - 1);
                at -= 1;
            }
        }
        Ok(())
    }

    fn sift_down(&mut self, low: usize, high: usize, first: usize) -> Sorted<()> {
        let mut root = low;
        loop {
            let mut child = 2 * root + 1;
            if child >= high {
                return Ok(());
            }
            if child + 1 < high && self.less(first + child, first + child + 1)? {
                child += 1;
            }
            if !self.less(first + root, first + child)? {
                return Ok(());
            }
            self.swap(first + root, first + child);
            root = child;
        }
    }

    fn heap(&mut self, start: usize, end: usize) -> Sorted<()> {
        let length = end - start;
        for low in (0..=(length.saturating_sub(1)) / 2).rev() {
            self.sift_down(low, length, start)?;
        }
        for high in (0..length).rev() {
            self.swap(start, start + high);
            self.sift_down(0, high, start)?;
        }
        Ok(())
    }

    fn quick(&mut self, mut start: usize, mut end: usize, mut limit: u32) -> Sorted<()> {
        let (mut was_balanced, mut was_partitioned) = (true, true);
        loop {
            let length = end - start;
            if length <= FEW {
                return self.insertion(start, end);
            }
            if limit == 0 {
                return self.heap(start, end);
            }
            if !was_balanced {
                self.break_patterns(start, end);
                limit -= 1;
            }
            let (mut pivot, mut hint) = self.choose_pivot(start, end)?;
            if hint == Hint::Decreasing {
                self.reverse(start, end);
                pivot = (end - 1) - (pivot - start);
                hint = Hint::Increasing;
            }
            if was_balanced
                && was_partitioned
                && hint == Hint::Increasing
                && self.partly_insertion(start, end)?
            {
                return Ok(());
            }
            if start > 0 && !self.less(start - 1, pivot)? {
                start = self.partition_equal(start, end, pivot)?;
                continue;
            }
            let (middle, already) = self.partition(start, end, pivot)?;
            was_partitioned = already;
            let (left, right) = (middle - start, end - middle);
            let balance = length / 8;
            // The shorter side is sorted by recursion, so that this nests no deeper than
            // the logarithm of the length.
            if left < right {
                was_balanced = left >= balance;
                self.quick(start, middle, limit)?;
                start = middle + 1;
            } else {
                was_balanced = right >= balance;
                self.quick(middle + 1, end, limit)?;
                end = middle;
            }
        }
    }

    /// Moves what is less than the pivot before all else, and tells whether it was so already.
    fn partition(&mut self, start: usize, end: usize, pivot: usize) -> Sorted<(usize, bool)> {
        self.swap(start, pivot);
        let (mut low, mut high) = (start + 1, end - 1);
        while low <= high && self.less(low, start)? {
            low += 1;
        }
        while low <= high && !self.less(high, start)? {
            high -= 1;
        }
        if low > high {
            self.swap(high, start);
            return Ok((high, true));
        }
        self.swap(low, high);
        low += 1;
        high -= 1;
        loop {
            while low <= high && self.less(low, start)? {
                low += 1;
            }
            while low <= high && !self.less(high, start)? {
                high -= 1;
            }
            if low > high {
                break;
            }
            self.swap(low, high);
            low += 1;
            high -= 1;
        }
        self.swap(high, start);
        Ok((high, false))
    }

    /// Moves what equals the pivot before what is greater.
    fn partition_equal(&mut self, start: usize, end: usize, pivot: usize) -> Sorted<usize> {
        self.swap(start, pivot);
        let (mut low, mut high) = (start + 1, end - 1);
        loop {
            while low <= high && !self.less(start, low)? {
                low += 1;
            }
            while low <= high && self.less(start, high)? {
                high -= 1;
            }
            if low > high {
                return Ok(low);
            }
            self.swap(low, high);
            low += 1;
            high -= 1;
        }
    }

    /// Tries to sort by a few exchanges, and tells whether that was enough.
    fn partly_insertion(&mut self, start: usize, end: usize) -> Sorted<bool> {
        const STEPS: usize = 5;
        const SHORTEST: usize = 50;
        let mut at = start + 1;
        for _ in 0..STEPS {
            while at < end && !self.less(at, at - 1)? {
                at += 1;
            }
            if at == end {
                return Ok(true);
            }
            if end - start < SHORTEST {
                return Ok(false);
            }
            self.swap(at, at - 1);
            if at - start >= 2 {
                for place in (1..at).rev() {
                    if !self.less(place, place - 1)? {
                        break;
                    }
                    self.swap(place, place - 1);
                }
            }
            if end - at >= 2 {
                for place in at + 1..end {
                    if !self.less(place, place - 1)? {
                        break;
                    }
                    self.swap(place, place - 1);
                }
            }
        }
        Ok(false)
    }

    /// Scatters some elements in a way that depends on nothing but their number.
    fn break_patterns(&mut self, start: usize, end: usize) {
        let length = end - start;
        if length < 8 {
            return;
        }
        let mut random = length as u64;
        let modulus = 1usize << (usize::BITS - length.leading_zeros());
        let place = start + (length / 4) * 2 - 1;
        for offset in 0..3 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let mut other = random as usize & (modulus - 1);
            if other >= length {
                other -= length;
            }
            self.swap(place + offset, start + other);
        }
    }

    fn choose_pivot(&mut self, start: usize, end: usize) -> Sorted<(usize, Hint)> {
        const NINTHER: usize = 50;
        const MOST_SWAPS: usize = 12;
        let length = end - start;
        let mut swaps = 0;
        let quarter = length / 4;
        let (mut low, mut middle, mut high) =
            (start + quarter, start + quarter * 2, start + quarter * 3);
        if length >= 8 {
            if length >= NINTHER {
                low = self.median(low - 1, low, low + 1, &mut swaps)?;
                middle = self.median(middle - 1, middle, middle + 1, &mut swaps)?;
                high = self.median(high - 1, high, high + 1, &mut swaps)?;
            }
            middle = self.median(low, middle, high, &mut swaps)?;
        }
        Ok(match swaps {
            0 => (middle, Hint::Increasing),
            MOST_SWAPS => (middle, Hint::Decreasing),
            _ => (middle, Hint::Unknown),
        })
    }

    /// Gives the place of the middle one of three elements.
    fn median(&mut self, mut a: usize, mut b: usize, c: usize, swaps: &mut usize) -> Sorted<usize> {
        if self.less(b, a)? {
            *swaps += 1;
            (a, b) = (b, a);
        }
        if self.less(c, b)? {
            *swaps += 1;
            b = c;
        }
        if self.less(b, a)? {
            *swaps += 1;
            b = a;
        }
        Ok(b)
    }

    fn reverse(&mut self, start: usize, end: usize) {
        let (mut low, mut high) = (start, end - 1);
        while low < high {
            self.swap(low, high);
            low += 1;
            high -= 1;
        }
    }
}
