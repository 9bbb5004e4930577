//! The parts of a URL, as Go's `net/url` finds and writes them.

use super::escape::{Part, escape, unescape};
use crate::gostrconv::quote;
use std::net::Ipv6Addr;

/// A URL in parts, without percent signs but for the query.
#[derive(Debug, Default)]
pub(super) struct Url {
    pub(super) scheme: Vec<u8>,
    pub(super) opaque: Vec<u8>,
    pub(super) user: Option<User>,
    pub(super) host: Vec<u8>,
    pub(super) path: Vec<u8>,
    pub(super) query: Vec<u8>,
    pub(super) fragment: Vec<u8>,
}

/// A name, perhaps with a password.
#[derive(Debug)]
pub(super) struct User {
    name: Vec<u8>,
    password: Option<Vec<u8>>,
}

impl User {
    /// Writes name and password with a colon between them.
    pub(super) fn written(&self) -> Vec<u8> {
        let mut written = escape(&self.name, Part::User);
        if let Some(password) = &self.password {
            written.push(b':');
            written.extend(escape(password, Part::User));
        }
        written
    }
}

impl Url {
    /// Takes a URL apart.
    pub(super) fn parse(text: &[u8]) -> Result<Self, String> {
        let (before, fragment) = cut(text, b'#').unwrap_or((text, b""));
        let wrong = |url: &[u8], problem| format!("parse {}: {problem}", quote(url));
        let mut url = Self::parse_before_fragment(before).map_err(|error| wrong(before, error))?;
        url.fragment = unescape(fragment, Part::Fragment).map_err(|error| wrong(text, error))?;
        Ok(url)
    }

    fn parse_before_fragment(text: &[u8]) -> Result<Self, String> {
        if text.iter().any(|byte| byte.is_ascii_control()) {
            return Err("net/url: invalid control character in URL".to_owned());
        }
        let mut url = Self::default();
        if text == b"*" {
            url.path = b"*".to_vec();
            return Ok(url);
        }
        let (scheme, rest) = scheme(text)?;
        url.scheme = scheme.to_ascii_lowercase();
        let (mut rest, query) = cut(rest, b'?').unwrap_or((rest, b""));
        url.query = query.to_vec();
        if !rest.starts_with(b"/") {
            if !scheme.is_empty() {
                url.opaque = rest.to_vec();
                return Ok(url);
            }
            let (segment, _) = cut(rest, b'/').unwrap_or((rest, b""));
            if segment.contains(&b':') {
                return Err("first path segment in URL cannot contain colon".to_owned());
            }
        }
        let may_have_host = !scheme.is_empty() || !rest.starts_with(b"///");
        if let Some(after) = rest.strip_prefix(b"//").filter(|_| may_have_host) {
            let slash = after.iter().position(|byte| *byte == b'/');
            let (authority, path) = after.split_at(slash.unwrap_or(after.len()));
            (url.user, url.host) = parse_authority(&url.scheme, authority)?;
            rest = path;
        }
        url.path = unescape(rest, Part::Path)?;
        Ok(url)
    }

    /// Gives the host without a port and without brackets.
    pub(super) fn hostname(&self) -> &[u8] {
        let host = &self.host;
        let colon = host.iter().rposition(|byte| *byte == b':');
        let colon = colon.filter(|place| is_optional_port(&host[*place..]));
        let host = &host[..colon.unwrap_or(host.len())];
        let bare = host
            .strip_prefix(b"[")
            .and_then(|host| host.strip_suffix(b"]"));
        bare.unwrap_or(host)
    }

    /// Counts the bytes of all parts.
    pub(super) fn length(&self) -> usize {
        let user = self.user.as_ref().map_or(0, |user| user.written().len());
        let parts = [&self.scheme, &self.opaque, &self.host, &self.path];
        let parts: usize = parts.into_iter().map(Vec::len).sum();
        user + parts + self.query.len() + self.fragment.len() + 16
    }

    /// Writes the URL.
    pub(super) fn written(&self) -> Vec<u8> {
        let mut written = Vec::with_capacity(self.length());
        if !self.scheme.is_empty() {
            written.extend_from_slice(&self.scheme);
            written.push(b':');
        }
        if self.opaque.is_empty() {
            self.write_hierarchy(&mut written);
        } else {
            written.extend_from_slice(&self.opaque);
        }
        if !self.query.is_empty() {
            written.push(b'?');
            written.extend_from_slice(&self.query);
        }
        if !self.fragment.is_empty() {
            written.push(b'#');
            written.extend(escape(&self.fragment, Part::Fragment));
        }
        written
    }

    fn write_hierarchy(&self, written: &mut Vec<u8>) {
        let has_authority = !self.host.is_empty() || self.user.is_some();
        if has_authority || (!self.scheme.is_empty() && !self.path.is_empty()) {
            written.extend_from_slice(b"//");
        }
        if let Some(user) = &self.user {
            written.extend(user.written());
            written.push(b'@');
        }
        written.extend(escape(&self.host, Part::Host));
        let path = match self.path.as_slice() {
            b"*" => b"*".to_vec(),
            path => escape(path, Part::Path),
        };
        if !path.is_empty() && !path.starts_with(b"/") && !self.host.is_empty() {
            written.push(b'/');
        }
        let (segment, _) = cut(&path, b'/').unwrap_or((&path, b""));
        if written.is_empty() && segment.contains(&b':') {
            // Else the segment would be read as a scheme.
            written.extend_from_slice(b"./");
        }
        written.extend(path);
    }
}

/// Cuts a text at the first of a byte.
fn cut(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let place = text.iter().position(|byte| *byte == at)?;
    Some((&text[..place], &text[place + 1..]))
}

/// Cuts the scheme off, if there is one.
fn scheme(text: &[u8]) -> Result<(&[u8], &[u8]), String> {
    for (place, byte) in text.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if place > 0 => {}
            b':' if place == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => return Ok((&text[..place], &text[place + 1..])),
            _ => break,
        }
    }
    Ok((b"", text))
}

fn parse_authority(scheme: &[u8], text: &[u8]) -> Result<(Option<User>, Vec<u8>), String> {
    let at = text.iter().rposition(|byte| *byte == b'@');
    let host = parse_host(scheme, &text[at.map_or(0, |at| at + 1)..])?;
    let Some(at) = at else {
        return Ok((None, host));
    };
    let userinfo = &text[..at];
    let is_allowed =
        |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(byte);
    if !userinfo.iter().all(is_allowed) {
        return Err("net/url: invalid userinfo".to_owned());
    }
    let (name, password) = match cut(userinfo, b':') {
        Some((name, password)) => (name, Some(password)),
        None => (userinfo, None),
    };
    let user = User {
        name: unescape(name, Part::User)?,
        password: password
            .map(|password| unescape(password, Part::User))
            .transpose()?,
    };
    Ok((Some(user), host))
}

fn parse_host(scheme: &[u8], host: &[u8]) -> Result<Vec<u8>, String> {
    let bracket = host.iter().rposition(|byte| *byte == b'[');
    match bracket {
        Some(0) => return parse_bracketed(host),
        Some(_) => return Err("invalid IP-literal".to_owned()),
        None => {}
    }
    let first = host.iter().position(|byte| *byte == b':');
    let last = host.iter().rposition(|byte| *byte == b':');
    // Only of these schemes is it certain that no name has a colon.
    let is_strict = matches!(scheme, b"http" | b"https");
    if let Some(colon) = if is_strict { first } else { last } {
        check_port(&host[colon..])?;
    }
    unescape(host, Part::Host)
}

fn check_port(port: &[u8]) -> Result<(), String> {
    if is_optional_port(port) {
        return Ok(());
    }
    Err(format!("invalid port {} after host", quote(port)))
}

/// Tells whether a text is empty, or a colon and digits.
fn is_optional_port(text: &[u8]) -> bool {
    match text.split_first() {
        None => true,
        Some((colon, digits)) => *colon == b':' && digits.iter().all(u8::is_ascii_digit),
    }
}

/// Reads an address of version 6 in brackets, perhaps with a zone and a port.
fn parse_bracketed(host: &[u8]) -> Result<Vec<u8>, String> {
    let close = host.iter().rposition(|byte| *byte == b']');
    let close = close.ok_or("missing ']' in host")?;
    let port = &host[close + 1..];
    check_port(port)?;
    let inside = &host[1..close];
    let zone = super::super::text::find(inside, b"%25").unwrap_or(inside.len());
    let mut address = unescape(&inside[..zone], Part::Host)?;
    address.extend(unescape(&inside[zone..], Part::Zone)?);
    check_address(&address)?;
    Ok([b"[", address.as_slice(), b"]", port].concat())
}

fn check_address(text: &[u8]) -> Result<(), String> {
    let wrong = |problem: &str| format!("invalid host: ParseAddr({}): {problem}", quote(text));
    let (address, zone) =
        cut(text, b'%').map_or((text, None), |(address, zone)| (address, Some(zone)));
    if zone.is_some_and(<[u8]>::is_empty) {
        return Err(wrong("zone must be a non-empty string"));
    }
    let address = str::from_utf8(address).unwrap_or_default();
    if address.parse::<std::net::Ipv4Addr>().is_ok() && zone.is_none() {
        return Err("invalid IP-literal".to_owned());
    }
    match address.parse::<Ipv6Addr>() {
        Ok(_) => Ok(()),
        Err(_) => Err(wrong("unable to parse IP")),
    }
}
