//! Asks a broker which brokers there are: the first question of every client.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

const ANSWER: Duration = Duration::from_secs(2);

/// A request for metadata, version 1, without a client's name, of no topic.
/// See <https://kafka.apache.org/protocol#The_Messages_Metadata>.
const QUESTION: [u8; 18] = [
    0, 0, 0, 14, // length of what follows
    0, 3, 0, 1, // metadata, version 1
    0, 0, 0, 7, // number of the request
    0xff, 0xff, // no name
    0, 0, 0, 0, // no topics
];

/// Returns the ports of all brokers that a broker knows to run; of none if it does not answer.
pub(super) fn brokers(address: SocketAddr) -> Vec<u16> {
    ask(address)
        .ok()
        .and_then(|answer| ports(&answer))
        .unwrap_or_default()
}

fn ask(address: SocketAddr) -> io::Result<Vec<u8>> {
    const MOST: u32 = 64 * 1024;
    let mut stream = TcpStream::connect_timeout(&address, ANSWER)?;
    stream.set_read_timeout(Some(ANSWER))?;
    stream.write_all(&QUESTION)?;
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length).min(MOST);
    let mut answer = vec![0; length as usize];
    stream.read_exact(&mut answer)?;
    Ok(answer)
}

/// Reads the beginning of an answer: its number, then a list of id, host, port and rack.
fn ports(answer: &[u8]) -> Option<Vec<u16>> {
    let (_, rest) = answer.split_at_checked(4)?;
    let (count, mut rest) = number(rest)?;
    let mut found = Vec::new();
    for _ in 0..count {
        let (_, after) = number(rest)?;
        let (port, after) = number(text(after)?)?;
        found.push(u16::try_from(port).ok()?);
        rest = text(after)?;
    }
    Some(found)
}

fn number(bytes: &[u8]) -> Option<(i32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    Some((i32::from_be_bytes(*number), rest))
}

/// Skips a text, or none.
fn text(bytes: &[u8]) -> Option<&[u8]> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    let length = i16::from_be_bytes(*length).max(0);
    rest.get(usize::try_from(length).ok()?..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_brokers_of_an_answer_are_found() {
        let mut answer = vec![0, 0, 0, 7, 0, 0, 0, 2];
        answer.extend([0, 0, 0, 1, 0, 1, b'a', 0, 0, 0x4e, 0x20, 0xff, 0xff]);
        answer.extend([0, 0, 0, 2, 0, 1, b'b', 0, 0, 0x4e, 0x21, 0, 1, b'r']);
        assert_eq!(ports(&answer), Some(vec![20_000, 20_001]));
        assert_eq!(ports(&answer[..30]), None);
    }
}
