//! Unpacks a store: a compressed archive of regular files with short names.

use flate2::read::GzDecoder;
use std::{
    fs::{self, File},
    io::Read as _,
    path::Path,
};

const BLOCK: usize = 512;

/// Unpacks an archive into a folder.
pub(crate) fn unpack(archive: &Path, into: &Path) {
    let mut bytes = Vec::new();
    GzDecoder::new(File::open(archive).unwrap())
        .read_to_end(&mut bytes)
        .unwrap();
    let mut rest = bytes.as_slice();
    while rest.len() >= BLOCK && rest[0] != 0 {
        let (head, body) = rest.split_at(BLOCK);
        let size = usize::from_str_radix(&text(&head[124..136]), 8).unwrap();
        let place = into.join(text(&head[..100]));
        match head[156] {
            b'5' => fs::create_dir_all(place).unwrap(),
            b'0' | 0 => {
                fs::create_dir_all(place.parent().unwrap()).unwrap();
                fs::write(place, &body[..size]).unwrap();
            }
            // Times to the nanosecond, which nobody needs.
            b'x' => {}
            other => panic!("an entry of type {other} in {}", archive.display()),
        }
        rest = &body[size.next_multiple_of(BLOCK)..];
    }
}

fn text(field: &[u8]) -> String {
    let end = field
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(field.len());
    String::from_utf8_lossy(&field[..end]).trim().to_owned()
}
