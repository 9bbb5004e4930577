//! A set of small numbers that needs no memory of its own up to 64.

/// A set of places; the first 64 need no allocation.
///
/// ```
/// use argo_events_expr::condition::BitSet;
///
/// let mut present: BitSet = [1, 70].into_iter().collect();
/// present.remove(1);
/// assert!(present.contains(70) && !present.contains(1));
/// ```
#[derive(Clone, Debug, Default)]
pub struct BitSet {
    first: u64,
    rest: Vec<u64>,
}

const WORD: usize = u64::BITS as usize;

impl BitSet {
    /// Makes an empty set.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            first: 0,
            rest: Vec::new(),
        }
    }

    /// Adds a place.
    #[inline]
    pub fn insert(&mut self, place: usize) {
        let word = place / WORD;
        if word > self.rest.len() {
            self.rest.resize(word, 0);
        }
        if let Some(bits) = self.word_mut(word) {
            *bits |= bit(place);
        }
    }

    /// Takes a place out.
    #[inline]
    pub fn remove(&mut self, place: usize) {
        if let Some(bits) = self.word_mut(place / WORD) {
            *bits &= !bit(place);
        }
    }

    /// Says whether a place is in the set.
    #[inline]
    #[must_use]
    pub fn contains(&self, place: usize) -> bool {
        self.word(place / WORD) & bit(place) != 0
    }

    /// Takes every place out and keeps the memory.
    #[inline]
    pub fn clear(&mut self) {
        self.first = 0;
        // Filling nothing would still be a call, and most sets have no further words.
        if !self.rest.is_empty() {
            self.rest.fill(0);
        }
    }

    /// Says whether the set is empty.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.first == 0 && self.rest.iter().all(|bits| *bits == 0)
    }

    /// Returns how many places are in the set.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        let rest: u32 = self.rest.iter().map(|bits| bits.count_ones()).sum();
        (self.first.count_ones() + rest) as usize
    }

    /// Says whether every place of another set is in this one.
    #[inline]
    #[must_use]
    pub fn contains_all(&self, other: &Self) -> bool {
        self.first & other.first == other.first
            && (1..)
                .zip(&other.rest)
                .all(|(word, bits)| self.word(word) & bits == *bits)
    }

    /// Adds every place of another set.
    #[inline]
    pub fn insert_all(&mut self, other: &Self) {
        self.first |= other.first;
        if other.rest.len() > self.rest.len() {
            self.rest.resize(other.rest.len(), 0);
        }
        for (bits, more) in self.rest.iter_mut().zip(&other.rest) {
            *bits |= more;
        }
    }

    /// Returns the places below 64 as bits.
    #[inline]
    #[must_use]
    pub const fn first_word(&self) -> u64 {
        self.first
    }

    /// Returns the places in ascending order.
    #[inline]
    #[must_use]
    pub fn iter(&self) -> Places<'_> {
        Places {
            word: self.first,
            base: 0,
            rest: &self.rest,
        }
    }

    #[inline]
    fn word(&self, word: usize) -> u64 {
        match word {
            0 => self.first,
            word => self.rest.get(word - 1).copied().unwrap_or(0),
        }
    }

    #[inline]
    fn word_mut(&mut self, word: usize) -> Option<&mut u64> {
        match word {
            0 => Some(&mut self.first),
            word => self.rest.get_mut(word - 1),
        }
    }
}

const fn bit(place: usize) -> u64 {
    1 << (place % WORD)
}

impl<'a> IntoIterator for &'a BitSet {
    type Item = usize;
    type IntoIter = Places<'a>;

    fn into_iter(self) -> Places<'a> {
        self.iter()
    }
}

/// Walks the places of a [`BitSet`], lowest first.
#[derive(Clone, Debug)]
pub struct Places<'a> {
    word: u64,
    base: usize,
    rest: &'a [u64],
}

impl Iterator for Places<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.word == 0 {
            let (next, rest) = self.rest.split_first()?;
            (self.word, self.rest) = (*next, rest);
            self.base += WORD;
        }
        let lowest = self.word.trailing_zeros() as usize;
        self.word &= self.word - 1;
        Some(self.base + lowest)
    }
}

/// Sets are equal if they have the same places, however much memory they keep.
impl PartialEq for BitSet {
    fn eq(&self, other: &Self) -> bool {
        self.contains_all(other) && other.contains_all(self)
    }
}

impl Eq for BitSet {}

impl FromIterator<usize> for BitSet {
    fn from_iter<I: IntoIterator<Item = usize>>(places: I) -> Self {
        let mut set = Self::new();
        places.into_iter().for_each(|place| set.insert(place));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_beyond_the_first_word_are_kept_apart() {
        let mut set: BitSet = [0, 63, 64, 200].into_iter().collect();
        assert_eq!(set.len(), 4);
        assert!(!set.contains(128) && !set.contains(1000));
        set.remove(1000);
        set.remove(64);
        assert_eq!(set, [0, 63, 200].into_iter().collect());
        set.clear();
        assert!(set.is_empty());
        assert_eq!(set, BitSet::new());
    }

    #[test]
    fn places_come_in_ascending_order() {
        let set: BitSet = [200, 63, 0, 64].into_iter().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), [0, 63, 64, 200]);
    }

    #[test]
    fn a_set_contains_what_is_inserted_with_another() {
        let mut set: BitSet = [1].into_iter().collect();
        let other = [1, 100].into_iter().collect();
        assert!(!set.contains_all(&other));
        set.insert_all(&other);
        assert!(set.contains_all(&other) && set.contains(1));
    }
}
