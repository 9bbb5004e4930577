//! The objects of a git repository as they are sent: zipped, and many as a difference to another.

use argo_events_core::{Error, ErrorKind, Result};
use bytes::Bytes;
use flate2::bufread::ZlibDecoder;
use sha1::{Digest as _, Sha1};
use std::{collections::HashMap, fmt, io::Read as _};

/// Largest object, and most bytes of all objects.
const MOST_OF_OBJECT: usize = 8 << 20;
const MOST: usize = 256 << 20;
/// How deep tags may name tags.
const MOST_TAGS: usize = 8;

/// The name of an object: the hash of what it holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Id([u8; 20]);

/// The objects that a server sent.
#[derive(Debug, Default)]
pub(super) struct Pack {
    objects: HashMap<Id, Object>,
}

#[derive(Clone, Debug)]
struct Object {
    kind: Kind,
    data: Bytes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Commit,
    Tree,
    Blob,
    Tag,
}

/// An object as it is sent.
enum Sent {
    Whole(Kind),
    /// A difference to the object at an earlier place.
    After(usize),
    /// A difference to the object of a name.
    Differs(Id),
}

/// A difference whose object is not known yet.
struct Waiting {
    at: usize,
    base: Id,
    delta: Vec<u8>,
}

impl Id {
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() != 40 || !text.is_ascii() {
            return None;
        }
        let mut id = [0; 20];
        for (byte, place) in id.iter_mut().zip((0..40).step_by(2)) {
            *byte = u8::from_str_radix(&text[place..place + 2], 16).ok()?;
        }
        Some(Self(id))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Tree => "tree",
            Self::Blob => "blob",
            Self::Tag => "tag",
        }
    }
}

impl Pack {
    /// Reads everything that was sent.
    pub(super) fn read(text: &[u8]) -> Result<Self, String> {
        if text.get(..4) != Some(b"PACK") || text.len() < 12 {
            return Err("it holds no files".to_owned());
        }
        let count = u32::from_be_bytes([text[8], text[9], text[10], text[11]]);
        let mut reader = Reader {
            text,
            at: 12,
            by_place: HashMap::new(),
            pack: Self::default(),
            waiting: Vec::new(),
            total: 0,
        };
        for _ in 0..count {
            reader.object()?;
        }
        reader.settle()?;
        Ok(reader.pack)
    }

    /// Returns a file of the commit that an object is or names.
    pub(super) fn file(&self, tip: Id, path: &str) -> Result<Bytes> {
        let mut tree = self.tree_of(tip)?;
        let mut parts = path
            .split('/')
            .filter(|part| !matches!(*part, "" | "."))
            .peekable();
        while let Some(part) = parts.next() {
            let (mode, id) = entry(&self.get(tree, Kind::Tree)?.data, part)
                .ok_or_else(|| fault(ErrorKind::NotFound, "the git repository has no such file"))?;
            match (mode.as_str(), parts.peek()) {
                ("40000" | "040000", Some(_)) => tree = id,
                ("100644" | "100755" | "100664", None) => return self.blob(id),
                ("120000", _) => {
                    let message = "the path leads over a symbolic link, which is not followed";
                    return Err(fault(ErrorKind::Rejected, message));
                }
                ("160000", _) => {
                    let message = "the path leads into a submodule, which is not followed";
                    return Err(fault(ErrorKind::Unsupported, message));
                }
                _ => break,
            }
        }
        Err(fault(ErrorKind::NotFound, "the path names no file"))
    }

    fn blob(&self, id: Id) -> Result<Bytes> {
        match self.objects.get(&id) {
            Some(object) => Ok(object.data.clone()),
            None => Err(fault(ErrorKind::TooLarge, "the file is too large")),
        }
    }

    fn tree_of(&self, tip: Id) -> Result<Id> {
        let mut id = tip;
        for _ in 0..MOST_TAGS {
            let object = self.objects.get(&id).ok_or_else(incomplete)?;
            let named = |name: &str| {
                let text = std::str::from_utf8(&object.data).ok()?;
                let line = text.lines().next()?;
                Id::parse(line.strip_prefix(name)?)
            };
            match object.kind {
                Kind::Commit => return named("tree ").ok_or_else(incomplete),
                Kind::Tag => id = named("object ").ok_or_else(incomplete)?,
                Kind::Tree => return Ok(id),
                Kind::Blob => break,
            }
        }
        Err(fault(ErrorKind::NotFound, "the reference names no commit"))
    }

    fn get(&self, id: Id, kind: Kind) -> Result<&Object> {
        let found = self.objects.get(&id).filter(|object| object.kind == kind);
        found.ok_or_else(incomplete)
    }
}

fn incomplete() -> Error {
    let message = "the git server did not send all that belongs to the commit";
    Error::transient(ErrorKind::Unexpected, message)
}

fn fault(kind: ErrorKind, message: &str) -> Error {
    Error::permanent(kind, message)
}

/// Finds an entry of a folder: its mode and what it names.
fn entry(mut tree: &[u8], wanted: &str) -> Option<(String, Id)> {
    while !tree.is_empty() {
        let blank = tree.iter().position(|byte| *byte == b' ')?;
        let end = tree.iter().position(|byte| *byte == 0)?;
        let id: [u8; 20] = tree.get(end + 1..end + 21)?.try_into().ok()?;
        if tree.get(blank + 1..end)? == wanted.as_bytes() {
            let mode = String::from_utf8_lossy(&tree[..blank]).into_owned();
            return Some((mode, Id(id)));
        }
        tree = &tree[end + 21..];
    }
    None
}

/// Reads objects one after another.
struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    by_place: HashMap<usize, Id>,
    pack: Pack,
    waiting: Vec<Waiting>,
    total: usize,
}

impl Reader<'_> {
    fn object(&mut self) -> Result<(), String> {
        let began = self.at;
        let sent = self.head(began)?;
        let data = self.inflate()?;
        match sent {
            Sent::Whole(kind) => self.add(began, kind, data),
            Sent::After(place) => match self.by_place.get(&place).copied() {
                Some(base) => self.differ(began, base, data),
                None => Err("an object differs from one that was not sent".to_owned()),
            },
            Sent::Differs(base) => self.differ(began, base, data),
        }
    }

    /// Reads what an object is; its length is known once it is unzipped.
    fn head(&mut self, began: usize) -> Result<Sent, String> {
        let first = self.byte()?;
        let mut last = first;
        while last & 0x80 != 0 {
            last = self.byte()?;
        }
        Ok(match (first >> 4) & 7 {
            1 => Sent::Whole(Kind::Commit),
            2 => Sent::Whole(Kind::Tree),
            3 => Sent::Whole(Kind::Blob),
            4 => Sent::Whole(Kind::Tag),
            6 => {
                let back = self.distance()?;
                Sent::After(
                    began
                        .checked_sub(back)
                        .ok_or("an object differs from nothing")?,
                )
            }
            7 => {
                let id = self.text.get(self.at..self.at + 20);
                let id = id.and_then(|id| id.try_into().ok());
                self.at += 20;
                Sent::Differs(Id(id.ok_or("it ends within an object")?))
            }
            other => return Err(format!("objects of type {other} are unknown")),
        })
    }

    fn byte(&mut self) -> Result<u8, String> {
        let byte = self.text.get(self.at).copied();
        self.at += 1;
        byte.ok_or_else(|| "it ends within an object".to_owned())
    }

    fn distance(&mut self) -> Result<usize, String> {
        let mut byte = self.byte()?;
        let mut distance = usize::from(byte & 0x7f);
        while byte & 0x80 != 0 {
            byte = self.byte()?;
            let next = distance.checked_add(1).and_then(|it| it.checked_mul(128));
            distance = next.ok_or("an object differs from nothing")? | usize::from(byte & 0x7f);
        }
        Ok(distance)
    }

    fn inflate(&mut self) -> Result<Vec<u8>, String> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let mut decoder = ZlibDecoder::new(rest);
        let mut data = Vec::new();
        let most = MOST_OF_OBJECT as u64 + 1;
        let read = decoder.by_ref().take(most).read_to_end(&mut data);
        read.map_err(|error| format!("an object cannot be unzipped: {error}"))?;
        if data.len() > MOST_OF_OBJECT {
            return Err(format!("an object has more than {MOST_OF_OBJECT} bytes"));
        }
        self.at += usize::try_from(decoder.total_in()).unwrap_or(usize::MAX);
        Ok(data)
    }

    fn add(&mut self, place: usize, kind: Kind, data: Vec<u8>) -> Result<(), String> {
        self.total = self.total.saturating_add(data.len());
        if self.total > MOST {
            return Err(format!("the files have more than {MOST} bytes together"));
        }
        let mut hash = Sha1::new();
        hash.update(format!("{} {}\0", kind.name(), data.len()));
        hash.update(&data);
        let id = Id(hash.finalize().into());
        let data = data.into();
        self.by_place.insert(place, id);
        self.pack.objects.insert(id, Object { kind, data });
        Ok(())
    }

    /// Adds an object that differs from another, or keeps it until that one is known.
    fn differ(&mut self, at: usize, base: Id, delta: Vec<u8>) -> Result<(), String> {
        let Some(object) = self.pack.objects.get(&base).cloned() else {
            self.waiting.push(Waiting { at, base, delta });
            return Ok(());
        };
        let data = apply(&object.data, &delta).ok_or("a difference does not fit its object")?;
        self.add(at, object.kind, data)
    }

    /// Adds what waits, as long as something can be added.
    fn settle(&mut self) -> Result<(), String> {
        loop {
            let waiting = std::mem::take(&mut self.waiting);
            let before = waiting.len();
            for Waiting { at, base, delta } in waiting {
                self.differ(at, base, delta)?;
            }
            if self.waiting.len() == before {
                return Ok(());
            }
        }
    }
}

/// Makes an object of another and of what differs: pieces of it to copy, and new ones.
fn apply(base: &[u8], mut delta: &[u8]) -> Option<Vec<u8>> {
    let is_base = size(&mut delta)? == base.len();
    let length = size(&mut delta)?;
    if !is_base || length > MOST_OF_OBJECT {
        return None;
    }
    let mut out = Vec::with_capacity(length);
    while let Some((&head, rest)) = delta.split_first() {
        delta = rest;
        if head & 0x80 == 0 {
            let (new, rest) = delta.split_at_checked(usize::from(head))?;
            if new.is_empty() {
                return None;
            }
            out.extend_from_slice(new);
            delta = rest;
            continue;
        }
        let offset = number(&mut delta, head & 0x0f, 4)?;
        let count = match number(&mut delta, (head >> 4) & 7, 3)? {
            0 => 0x1_0000,
            count => count,
        };
        out.extend_from_slice(base.get(offset..offset.checked_add(count)?)?);
        if out.len() > length {
            return None;
        }
    }
    (out.len() == length).then_some(out)
}

/// Reads the bytes of a number that a mask says are there.
fn number(text: &mut &[u8], mask: u8, bytes: usize) -> Option<usize> {
    let mut number = 0;
    for place in 0..bytes {
        if mask & (1 << place) != 0 {
            let (&byte, rest) = text.split_first()?;
            number |= usize::from(byte) << (8 * place);
            *text = rest;
        }
    }
    Some(number)
}

fn size(text: &mut &[u8]) -> Option<usize> {
    let (mut size, mut shift) = (0_usize, 0);
    loop {
        let (&byte, rest) = text.split_first()?;
        *text = rest;
        size |= usize::from(byte & 0x7f).checked_shl(shift)?;
        shift += 7;
        if byte & 0x80 == 0 {
            return Some(size);
        }
    }
}
