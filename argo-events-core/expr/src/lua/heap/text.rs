//! Texts, each kept once.

use super::{super::value::TextId, Heap};

#[derive(Debug, Default)]
pub(in crate::lua) struct Text {
    bytes: Box<[u8]>,
    hash: u32,
}

/// The texts by hash; places hold identifiers.
#[derive(Clone, Debug, Default)]
pub(super) struct Interned {
    places: Vec<u32>,
    count: usize,
}

const EMPTY: u32 = u32::MAX;
const LEAST: usize = 512;

/// How many bytes a text takes besides its own.
const OVERHEAD: usize = 48;

impl Heap {
    pub(in crate::lua) fn bytes(&self, id: TextId) -> &[u8] {
        &self.texts.items[id.index()].bytes
    }

    /// Gives the identifier of a text.
    pub(in crate::lua) fn text(&mut self, bytes: &[u8]) -> TextId {
        let hash = self.hash(bytes);
        match self.find_text(bytes, hash) {
            Ok(known) => known,
            Err(place) => self.keep(bytes.into(), hash, place),
        }
    }

    /// Gives the identifier of a text that need not be copied.
    pub(in crate::lua) fn owned_text(&mut self, bytes: Vec<u8>) -> TextId {
        let hash = self.hash(&bytes);
        match self.find_text(&bytes, hash) {
            Ok(known) => known,
            Err(place) => self.keep(bytes.into(), hash, place),
        }
    }

    fn find_text(&self, bytes: &[u8], hash: u32) -> Result<TextId, usize> {
        let places = &self.interned.places;
        if places.is_empty() {
            return Err(0);
        }
        let mask = places.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let id = places[at];
            if id == EMPTY {
                return Err(at);
            }
            let text = &self.texts.items[id as usize];
            if text.hash == hash && *text.bytes == *bytes {
                return Ok(TextId(id));
            }
            at = (at + 1) & mask;
        }
    }

    fn keep(&mut self, bytes: Box<[u8]>, hash: u32, place: usize) -> TextId {
        self.used += bytes.len() + OVERHEAD;
        let id = self.texts.add(Text { bytes, hash });
        self.interned.count += 1;
        if self.interned.count * 2 > self.interned.places.len() {
            self.reintern();
        } else {
            self.interned.places[place] = id;
        }
        TextId(id)
    }

    /// Enters all texts that are left anew.
    pub(super) fn reintern(&mut self) {
        let free: Vec<u32> = self.texts.free.clone();
        let count = self.texts.items.len() - free.len();
        let size = (count * 4).next_power_of_two().max(LEAST);
        let places = &mut self.interned.places;
        places.clear();
        places.resize(size, EMPTY);
        let mut is_free = vec![false; self.texts.items.len()];
        for id in free {
            is_free[id as usize] = true;
        }
        for (id, text) in self.texts.items.iter().enumerate() {
            if is_free[id] {
                continue;
            }
            let mut at = text.hash as usize & (size - 1);
            while places[at] != EMPTY {
                at = (at + 1) & (size - 1);
            }
            places[at] = id as u32;
        }
        self.interned.count = count;
    }

    /// Hashes with a secret of this process, so that nobody can prepare texts that collide.
    fn hash(&self, bytes: &[u8]) -> u32 {
        let mut state = self.secret ^ bytes.len() as u64;
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            state = mix(state ^ u64::from_le_bytes(*word), self.secret | 1);
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        let mixed = mix(state ^ u64::from_le_bytes(last), 0xa076_1d64_78bd_642f);
        mixed as u32 ^ (mixed >> 32) as u32
    }
}

fn mix(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    product as u64 ^ (product >> 64) as u64
}

impl Text {
    pub(super) fn size(&self) -> usize {
        self.bytes.len() + OVERHEAD
    }
}
