//! A part of a pattern, with the figures that Go's limits look at.

use regex_syntax::hir::{Capture, Hir, Repetition};

/// How many levels of groups, repetitions, sequences and alternatives may be inside each other.
const MAX_HEIGHT: usize = 1000;

/// The largest repeat count, also of nested counts multiplied.
pub(super) const MAX_REPEAT: u32 = 1000;

#[derive(Debug)]
pub(super) struct Piece {
    hir: Hir,
    shape: Shape,
    height: usize,
    /// The largest product of repeat counts inside each other.
    repeats: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// Characters; neighbours of the same kind count as one level.
    Literal {
        fold: bool,
    },
    Sequence,
    Alternatives,
    Other,
}

impl Piece {
    pub(super) fn leaf(hir: Hir) -> Self {
        Self {
            hir,
            shape: Shape::Other,
            height: 1,
            repeats: 1,
        }
    }

    pub(super) fn literal(hir: Hir, fold: bool) -> Self {
        Self {
            hir,
            shape: Shape::Literal { fold },
            height: 1,
            repeats: 1,
        }
    }

    pub(super) fn sequence(pieces: Vec<Self>) -> Self {
        let first = pieces.first().map(|piece| piece.shape);
        match first {
            Some(shape @ Shape::Literal { .. })
                if pieces.iter().all(|next| next.shape == shape) =>
            {
                let hir = Hir::concat(pieces.into_iter().map(Self::into_hir).collect());
                Self {
                    hir,
                    shape,
                    height: 1,
                    repeats: 1,
                }
            }
            _ => Self::combine(pieces, Shape::Sequence, Hir::concat),
        }
    }

    pub(super) fn alternatives(pieces: Vec<Self>) -> Self {
        Self::combine(pieces, Shape::Alternatives, Hir::alternation)
    }

    fn combine(mut pieces: Vec<Self>, shape: Shape, join: fn(Vec<Hir>) -> Hir) -> Self {
        match pieces.len() {
            0 => return Self::leaf(Hir::empty()),
            1 => return pieces.remove(0),
            _ => {}
        }
        // One of the same shape inside does not count as a level: its parts join the others.
        let level = |piece: &Self| piece.height - usize::from(piece.shape == shape);
        let height = 1 + pieces.iter().map(level).max().unwrap_or(0);
        let repeats = pieces.iter().map(|piece| piece.repeats).max().unwrap_or(1);
        let hir = join(pieces.into_iter().map(Self::into_hir).collect());
        Self {
            hir,
            shape,
            height,
            repeats,
        }
    }

    pub(super) fn captured(self, index: u32) -> Self {
        let height = self.height + 1;
        let hir = Hir::capture(Capture {
            index,
            name: None,
            sub: Box::new(self.hir),
        });
        Self {
            hir,
            shape: Shape::Other,
            height,
            repeats: self.repeats,
        }
    }

    /// Repeats the piece; a repetition without a count, such as `*`, does not count for the limit.
    pub(super) fn repeated(self, min: u32, max: Option<u32>, greedy: bool, counted: bool) -> Self {
        let repeats = match max {
            Some(0) => 1,
            _ if counted => self.repeats.saturating_mul(max.unwrap_or(min).max(1)),
            _ => self.repeats,
        };
        let height = self.height + 1;
        let hir = Hir::repetition(Repetition {
            min,
            max,
            greedy,
            sub: Box::new(self.hir),
        });
        Self {
            hir,
            shape: Shape::Other,
            height,
            repeats,
        }
    }

    /// Tells whether repeat counts inside each other stay within the limit together.
    pub(super) fn repeats_fit(&self) -> bool {
        self.repeats <= MAX_REPEAT
    }

    /// Tells whether the piece is shallow enough.
    pub(super) fn fits(&self) -> bool {
        self.height <= MAX_HEIGHT
    }

    pub(super) fn height(&self) -> usize {
        self.height
    }

    pub(super) fn into_hir(self) -> Hir {
        self.hir
    }
}
