//! Sets of bytes.

/// A set of bytes, one bit for each.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Class([u64; 4]);

impl Class {
    pub(super) fn any() -> Self {
        Self([u64::MAX; 4])
    }

    pub(super) fn byte(byte: u8) -> Self {
        let mut class = Self::default();
        class.add(byte);
        class
    }

    pub(super) fn range(first: u8, last: u8) -> Self {
        let mut class = Self::default();
        for byte in first..=last {
            class.add(byte);
        }
        class
    }

    /// Gives the set behind `%` and a letter; capitals stand for all other bytes.
    pub(super) fn named(letter: u8) -> Self {
        let holds: fn(&u8) -> bool = match letter.to_ascii_lowercase() {
            b'a' => u8::is_ascii_alphabetic,
            b'c' => u8::is_ascii_control,
            b'd' => u8::is_ascii_digit,
            b'l' => u8::is_ascii_lowercase,
            b'p' => u8::is_ascii_punctuation,
            b's' => |byte| matches!(byte, b' ' | b'\t'..=b'\r'),
            b'u' => u8::is_ascii_uppercase,
            b'w' => u8::is_ascii_alphanumeric,
            b'x' => u8::is_ascii_hexdigit,
            b'z' => |byte| *byte == 0,
            _ => return Self::byte(letter),
        };
        let mut class = Self::default();
        for byte in 0..=u8::MAX {
            if holds(&byte) != letter.is_ascii_uppercase() {
                class.add(byte);
            }
        }
        class
    }

    fn add(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    pub(super) fn has(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
    }

    pub(super) fn join(&mut self, other: &Self) {
        for (own, other) in self.0.iter_mut().zip(other.0) {
            *own |= other;
        }
    }

    pub(super) fn invert(&mut self) {
        for word in &mut self.0 {
            *word = !*word;
        }
    }
}
