//! What stands between the percent sign and the verb.

/// The largest width or precision; a larger one is an error in the format.
pub(super) const MAX_SIZE: i64 = 1_000_000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flags {
    pub(super) sharp: bool,
    pub(super) zero: bool,
    pub(super) plus: bool,
    pub(super) minus: bool,
    pub(super) space: bool,
    /// `%#v`: values in Go's own syntax.
    pub(super) syntax: bool,
    /// `%+v`: fields with their names.
    pub(super) names: bool,
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
}

impl Flags {
    /// Switches a flag on, if the character is one.
    pub(super) fn switch(&mut self, flag: u8) -> bool {
        let switched = match flag {
            b'#' => &mut self.sharp,
            b'0' => &mut self.zero,
            b'+' => &mut self.plus,
            b'-' => &mut self.minus,
            b' ' => &mut self.space,
            _ => return false,
        };
        *switched = true;
        true
    }

    /// Gives the flags their meaning for `%v`: there `#` asks for Go's syntax and `+` for names of
    /// fields.
    pub(super) fn for_value(self) -> Self {
        Self {
            syntax: self.sharp,
            names: self.plus && !self.sharp,
            sharp: false,
            plus: false,
            ..self
        }
    }

    /// Tells whether zeros fill the width; they never do so on the right.
    pub(super) fn pads_with_zeros(&self) -> bool {
        self.zero && !self.minus
    }

    pub(super) fn without_zero(self) -> Self {
        Self {
            zero: false,
            ..self
        }
    }
}
