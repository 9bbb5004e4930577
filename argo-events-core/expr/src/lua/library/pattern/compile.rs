//! Reads a pattern into a program.

use super::class::Class;

#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Byte(Class),
    Jump(usize),
    /// Tries one way, then the other.
    Split(usize, usize),
    /// Notes the place under a number.
    Save(usize),
    /// Captures the place itself.
    SavePlace(usize),
    /// From an opening byte to the closing one that belongs to it.
    Balanced(Option<u8>, Option<u8>),
    /// The text captured before under a number.
    Again(usize),
    /// The text must end here.
    AtEnd,
    Done,
}

#[derive(Debug)]
pub(super) struct Program {
    pub(super) steps: Vec<Step>,
    /// Whether it matches at the first place only.
    pub(super) is_anchored: bool,
}

/// One byte set of a bracket, and the byte if it stands for one.
type Item = (Class, Option<u8>);

struct Reader<'a> {
    pattern: &'a [u8],
    at: usize,
    steps: Vec<Step>,
    /// The number for the next capture's start.
    number: usize,
    /// Where the byte set stands that a repetition would apply to.
    single: Option<usize>,
    /// The captures that are open.
    open: Vec<usize>,
}

type Read<T> = Result<T, String>;

impl Program {
    pub(super) fn compile(pattern: &[u8]) -> Read<Self> {
        let is_anchored = pattern.first() == Some(&b'^');
        let mut reader = Reader {
            pattern,
            at: usize::from(is_anchored),
            steps: vec![Step::Save(0)],
            number: 2,
            single: None,
            open: Vec::new(),
        };
        let ends = reader.read()?;
        reader.steps.push(Step::Save(1));
        if ends {
            reader.steps.push(Step::AtEnd);
        }
        reader.steps.push(Step::Done);
        Ok(Self {
            steps: reader.steps,
            is_anchored,
        })
    }
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.pattern.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek();
        self.at += 1;
        byte
    }

    /// Says what is wrong before the next byte.
    fn error(&self, message: &str) -> String {
        if self.at > self.pattern.len() || self.pattern.is_empty() {
            return format!("{message} at EOS");
        }
        format!("{message} at {}", self.at.saturating_sub(1))
    }

    /// Reads the whole pattern and tells whether it ends with `$`.
    fn read(&mut self) -> Read<bool> {
        while let Some(byte) = self.peek() {
            match byte {
                b'%' => self.escape()?,
                b'.' => {
                    self.at += 1;
                    self.add(Class::any());
                }
                b'[' => {
                    self.at += 1;
                    let class = self.bracket()?;
                    self.add(class);
                }
                b'(' => self.open(),
                b')' => self.close()?,
                b'*' | b'+' | b'-' | b'?' => self.repeat(byte),
                b'$' if self.open.is_empty() && self.at + 1 == self.pattern.len() => {
                    return Ok(true);
                }
                _ => {
                    self.at += 1;
                    self.add(Class::byte(byte));
                }
            }
        }
        if self.open.is_empty() {
            Ok(false)
        } else {
            Err("unfinished capture at EOS".into())
        }
    }

    fn add(&mut self, class: Class) {
        self.single = Some(self.steps.len());
        self.steps.push(Step::Byte(class));
    }

    fn other(&mut self, step: Step) {
        self.single = None;
        self.steps.push(step);
    }

    fn escape(&mut self) -> Read<()> {
        self.at += 1;
        match self.peek() {
            Some(b'0') => return Err(self.error("invalid capture index")),
            Some(digit @ b'1'..=b'9') => {
                self.at += 1;
                self.other(Step::Again(usize::from(digit - b'0')));
            }
            Some(b'b') => {
                self.at += 1;
                let (first, last) = (self.next(), self.next());
                self.other(Step::Balanced(first, last));
            }
            Some(letter) => {
                self.at += 1;
                self.add(Class::named(letter));
            }
            // Nothing is the byte that would have to follow.
            None => self.add(Class::default()),
        }
        Ok(())
    }

    fn open(&mut self) {
        self.at += 1;
        let number = self.number;
        self.number += 2;
        if self.peek() == Some(b')') {
            self.at += 1;
            self.other(Step::SavePlace(number));
        } else {
            self.open.push(number);
            self.other(Step::Save(number));
        }
    }

    fn close(&mut self) -> Read<()> {
        let Some(number) = self.open.pop() else {
            return Err(self.error("invalid ')'"));
        };
        self.at += 1;
        self.other(Step::Save(number + 1));
        Ok(())
    }

    fn repeat(&mut self, byte: u8) {
        self.at += 1;
        let Some(at) = self.single.take() else {
            self.add(Class::byte(byte));
            return;
        };
        let body = self.steps[at];
        self.steps.truncate(at);
        match byte {
            b'*' => self
                .steps
                .extend([Step::Split(at + 1, at + 3), body, Step::Jump(at)]),
            b'+' => self.steps.extend([body, Step::Split(at, at + 2)]),
            b'-' => self
                .steps
                .extend([Step::Split(at + 3, at + 1), body, Step::Jump(at)]),
            _ => self.steps.extend([Step::Split(at + 1, at + 2), body]),
        }
    }

    /// Reads a set behind its opening bracket.
    fn bracket(&mut self) -> Read<Class> {
        let is_inverted = self.peek() == Some(b'^');
        self.at += usize::from(is_inverted);
        let mut items: Vec<Item> = Vec::new();
        let mut is_range = false;
        loop {
            match self.peek() {
                None => return Err(self.error("unexpected EOS")),
                Some(b']') if !items.is_empty() => break,
                Some(b'-') if !items.is_empty() => {
                    self.at += 1;
                    is_range = true;
                    continue;
                }
                Some(byte) => items.push(self.item(byte)),
            }
            if std::mem::take(&mut is_range) {
                range(&mut items);
            }
        }
        self.at += 1;
        if is_range {
            items.push((Class::byte(b'-'), Some(b'-')));
        }
        let mut class = Class::default();
        for (item, _) in &items {
            class.join(item);
        }
        if is_inverted {
            class.invert();
        }
        Ok(class)
    }

    fn item(&mut self, byte: u8) -> Item {
        self.at += 1;
        if byte != b'%' {
            return (Class::byte(byte), Some(byte));
        }
        match self.next() {
            Some(letter) => (Class::named(letter), None),
            None => (Class::default(), None),
        }
    }
}

/// Turns the last two items into all from one to the other; other than bytes make no range.
fn range(items: &mut Vec<Item>) {
    let (Some((_, last)), Some((_, first))) = (items.pop(), items.pop()) else {
        return;
    };
    let class = match (first, last) {
        (Some(first), Some(last)) => Class::range(first, last),
        _ => Class::default(),
    };
    items.push((class, None));
}
