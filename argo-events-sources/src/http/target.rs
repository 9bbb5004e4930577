//! Turns the target of a request into the path that routes are compared with.
//!
//! Follows the reference's router: the path is compared decoded, and one that is not clean (`//a`,
//! `/a/../b`) is redirected before anything is looked up.

use super::pattern::clean;
use http::{Method, Uri};
use std::{borrow::Cow, fmt::Write as _};

/// What a target leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target<'a> {
    /// A clean path, decoded.
    Path(Cow<'a, [u8]>),
    /// Elsewhere.
    Redirect(String),
    /// Nowhere: an escape in it is broken, or it does not begin with a slash.
    Malformed,
}

/// Reads the target of a request.
pub(super) fn read<'a>(method: &Method, uri: &'a Uri) -> Target<'a> {
    let path = match (uri.scheme(), uri.authority()) {
        (None, Some(_)) if *method == Method::CONNECT => "",
        (None, Some(_)) => return Target::Malformed,
        _ => uri.path(),
    };
    if is_plain(path) {
        return Target::Path(Cow::Borrowed(path.as_bytes()));
    }
    let Some(decoded) = decode(path) else {
        return Target::Malformed;
    };
    let clean = clean(&decoded);
    if *clean == *decoded {
        return Target::Path(decoded);
    }
    Target::Redirect(location(uri, &clean))
}

/// Tells whether nothing needs to be decoded or cleaned.
fn is_plain(path: &str) -> bool {
    let bytes = path.as_bytes();
    bytes.first() == Some(&b'/')
        && !bytes.contains(&b'%')
        && !bytes
            .windows(2)
            .any(|pair| pair[0] == b'/' && matches!(pair[1], b'/' | b'.'))
}

/// Decodes escapes; `None` if one is broken.
fn decode(text: &str) -> Option<Cow<'_, [u8]>> {
    let bytes = text.as_bytes();
    if !bytes.contains(&b'%') {
        return Some(Cow::Borrowed(bytes));
    }
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter();
    while let Some(&byte) = rest.next() {
        if byte == b'%' {
            let (high, low) = (digit(*rest.next()?)?, digit(*rest.next()?)?);
            decoded.push(high << 4 | low);
        } else {
            decoded.push(byte);
        }
    }
    Some(Cow::Owned(decoded))
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

/// Writes where a request for an unclean path is sent, in the form in which it came.
fn location(uri: &Uri, path: &[u8]) -> String {
    let mut location = String::new();
    if let Some(scheme) = uri.scheme_str() {
        location.push_str(&scheme.to_ascii_lowercase());
        location.push(':');
    }
    if let Some(authority) = uri.authority() {
        location.push_str("//");
        location.push_str(authority.as_str());
    }
    for &byte in path {
        if byte.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@".contains(&byte) {
            location.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(location, "%{byte:02X}");
        }
    }
    if let Some(query) = uri.query() {
        location.push('?');
        location.push_str(query);
    }
    location
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(target: &str) -> String {
        match read(&Method::GET, &target.parse().unwrap()) {
            Target::Path(path) => String::from_utf8_lossy(&path).into_owned(),
            Target::Redirect(location) => format!("→ {location}"),
            Target::Malformed => "malformed".to_owned(),
        }
    }

    #[test]
    fn paths_are_decoded_and_unclean_ones_redirected() {
        let cases = [
            ("/a/b", "/a/b"),
            ("/a%2fb", "/a/b"),
            ("/a/", "/a/"),
            ("/a/.b", "/a/.b"),
            ("//a?x=1", "→ /a?x=1"),
            ("/a/%2e%2e/b", "→ /b"),
            ("/a//", "→ /a/"),
            ("/..", "→ /"),
            (
                "http://h:1//x y".replace(' ', "%20").leak(),
                "→ http://h:1/x%20y",
            ),
            ("*", "→ /%2A"),
            ("/a%", "malformed"),
            ("/a%zz", "malformed"),
            ("a", "malformed"),
        ];
        for (target, wanted) in cases {
            assert_eq!(shown(target), wanted, "{target}");
        }
    }

    #[test]
    fn a_connect_request_is_sent_to_the_root() {
        let uri = "example.test:443".parse().unwrap();
        let target = read(&Method::CONNECT, &uri);
        assert_eq!(target, Target::Redirect("//example.test:443/".to_owned()));
    }
}
