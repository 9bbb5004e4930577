//! URLs as Go reads them, since manifests are written against that reader.
//!
//! Lenient where a browser is not: the query goes out as it is written, only the path is escaped.
//! Does no look-ups and knows no defaults of schemes beyond the port.

use super::escape::{self, Part};
use std::fmt;

/// A URL, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Url {
    pub(crate) scheme: String,
    /// What follows a scheme without a slash, such as `a@b` in `mailto:a@b`.
    pub(crate) opaque: String,
    pub(crate) user: Option<User>,
    /// Host and optional port.
    pub(crate) host: String,
    /// The escaped path.
    pub(crate) path: String,
    /// The query as it is written; empty after a lone question mark.
    pub(crate) query: Option<String>,
    pub(crate) fragment: String,
    omits_host: bool,
}

/// The user information of a URL.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: Vec<u8>,
    pub(crate) password: Option<Vec<u8>>,
}

impl fmt::Debug for User {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("User(…)")
    }
}

/// Why a text is no URL.
pub(crate) type Reason = String;

impl Url {
    /// Reads a URL or a reference to one.
    pub(crate) fn parse(text: &str) -> Result<Self, Reason> {
        let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
        let mut url = Self::without_fragment(text)?;
        escape::unescape(fragment, Part::Fragment)?;
        url.fragment = escape::normalised(fragment, Part::Fragment);
        Ok(url)
    }

    fn without_fragment(text: &str) -> Result<Self, Reason> {
        if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
            return Err("it contains a control character".to_owned());
        }
        let (scheme, rest) = split_scheme(text)?;
        let mut url = Self {
            scheme: scheme.to_ascii_lowercase(),
            ..Self::default()
        };
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, Some(query.to_owned())),
            None => (rest, None),
        };
        url.query = query;
        if !rest.starts_with('/') {
            if !url.scheme.is_empty() {
                rest.clone_into(&mut url.opaque);
                return Ok(url);
            }
            if rest
                .split('/')
                .next()
                .is_some_and(|segment| segment.contains(':'))
            {
                return Err(
                    "its first path segment contains a colon; did you leave out http://?"
                        .to_owned(),
                );
            }
        }
        url.take_rest(rest)?;
        Ok(url)
    }

    fn take_rest(&mut self, rest: &str) -> Result<(), Reason> {
        let has_authority =
            rest.starts_with("//") && !(self.scheme.is_empty() && rest.starts_with("///"));
        let path = match rest.strip_prefix("//").filter(|_| has_authority) {
            Some(rest) => {
                let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                self.take_authority(authority)?;
                path
            }
            None => {
                self.omits_host = !self.scheme.is_empty() && rest.starts_with('/');
                rest
            }
        };
        escape::unescape(path, Part::Path)?;
        self.path = escape::normalised(path, Part::Path);
        Ok(())
    }

    fn take_authority(&mut self, authority: &str) -> Result<(), Reason> {
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        self.host = parse_host(host.strip_suffix(':').unwrap_or(host))?;
        self.user = user.map(User::parse).transpose()?;
        Ok(())
    }

    /// Tells whether the URL names a scheme.
    pub(crate) fn is_absolute(&self) -> bool {
        !self.scheme.is_empty()
    }

    /// Tells whether the scheme asks for TLS.
    pub(crate) fn is_secure(&self) -> bool {
        self.scheme == "https"
    }

    /// Returns the name of the host, without brackets and port.
    pub(crate) fn host_name(&self) -> &str {
        let name = split_port(&self.host).0;
        name.strip_prefix('[')
            .and_then(|name| name.strip_suffix(']'))
            .unwrap_or(name)
    }

    /// Returns the port: the one that is written, or the scheme's.
    pub(crate) fn port(&self) -> Result<u16, Reason> {
        match split_port(&self.host).1 {
            Some(port) if !port.is_empty() => port
                .parse()
                .map_err(|_| format!("port {port} is not between 0 and 65535")),
            _ if self.is_secure() => Ok(443),
            _ => Ok(80),
        }
    }

    /// Returns what a request line names: path and query.
    pub(crate) fn request_target(&self) -> String {
        let mut target = match (self.opaque.as_str(), self.path.as_str()) {
            ("", "") => "/".to_owned(),
            ("", path) => path.to_owned(),
            (opaque, _) if opaque.starts_with("//") => format!("{}:{opaque}", self.scheme),
            (opaque, _) => opaque.to_owned(),
        };
        if let Some(query) = &self.query {
            target.push('?');
            target.push_str(query);
        }
        target
    }

    /// Reads a reference and resolves it against this URL.
    pub(crate) fn join(&self, reference: &str) -> Result<Self, Reason> {
        let mut url = Self::parse(reference)?;
        let names_host = url.is_absolute() || !url.host.is_empty() || url.user.is_some();
        if !url.is_absolute() {
            url.scheme.clone_from(&self.scheme);
        }
        if names_host {
            url.path = resolve_path(&url.path, "");
            return Ok(url);
        }
        if url.path.is_empty() && url.query.as_ref().is_none_or(String::is_empty) {
            url.query = url.query.or_else(|| self.query.clone());
            if url.fragment.is_empty() {
                url.fragment.clone_from(&self.fragment);
            }
        }
        url.host.clone_from(&self.host);
        url.user.clone_from(&self.user);
        url.path = resolve_path(&self.path, &url.path);
        Ok(url)
    }

    /// Returns scheme, host and path: what an error may show.
    pub(crate) fn shown(&self) -> String {
        format!("{}://{}{}", self.scheme, self.host, self.path)
    }

    /// Returns the URL without user information, as a `Referer` header names it.
    pub(crate) fn without_user(&self) -> String {
        Self {
            user: None,
            ..self.clone()
        }
        .to_string()
    }
}

/// Writes the URL without its user information, which may hold a password.
impl fmt::Display for Url {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.scheme.is_empty() {
            write!(formatter, "{}:", self.scheme)?;
        }
        if self.opaque.is_empty() {
            let has_authority =
                !self.host.is_empty() || (!self.omits_host && !self.path.is_empty());
            if has_authority && (!self.scheme.is_empty() || !self.host.is_empty()) {
                write!(formatter, "//{}", self.host)?;
            }
            let slash =
                if self.host.is_empty() || self.path.is_empty() || self.path.starts_with('/') {
                    ""
                } else {
                    "/"
                };
            write!(formatter, "{slash}{}", self.path)?;
        } else {
            formatter.write_str(&self.opaque)?;
        }
        if let Some(query) = &self.query {
            write!(formatter, "?{query}")?;
        }
        if !self.fragment.is_empty() {
            write!(formatter, "#{}", self.fragment)?;
        }
        Ok(())
    }
}

impl User {
    fn parse(text: &str) -> Result<Self, Reason> {
        let allowed =
            |byte: u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte);
        if !text.bytes().all(allowed) {
            return Err(
                "its user information contains a character that must be escaped".to_owned(),
            );
        }
        let (name, password) = match text.split_once(':') {
            Some((name, password)) => (name, Some(password)),
            None => (text, None),
        };
        let name = escape::unescape(name, Part::User)?;
        let password = password
            .map(|password| escape::unescape(password, Part::User))
            .transpose()?;
        Ok(Self { name, password })
    }
}

fn split_scheme(text: &str) -> Result<(&str, &str), Reason> {
    for (at, character) in text.char_indices() {
        match character {
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if at > 0 => {}
            ':' if at == 0 => return Err("it has no scheme".to_owned()),
            ':' => return Ok((&text[..at], &text[at + 1..])),
            _ => break,
        }
    }
    Ok(("", text))
}

/// Splits the port off a host, which may be an IPv6 address in brackets.
fn split_port(host: &str) -> (&str, Option<&str>) {
    match host
        .rfind(':')
        .filter(|colon| !host[*colon..].contains(']'))
    {
        Some(colon) => (&host[..colon], Some(&host[colon + 1..])),
        None => (host, None),
    }
}

fn parse_host(host: &str) -> Result<String, Reason> {
    if let Some(bracketed) = host.strip_prefix('[') {
        let Some((address, port)) = bracketed.rsplit_once(']') else {
            return Err("its host lacks a closing bracket".to_owned());
        };
        check_port(port)?;
        let address = address.split('%').next().unwrap_or_default();
        return match address.parse::<std::net::Ipv6Addr>() {
            Ok(_) => Ok(host.to_owned()),
            Err(_) => Err("its host is no IPv6 address".to_owned()),
        };
    }
    if let Some(colon) = host.find(':') {
        check_port(&host[colon..])?;
    }
    String::from_utf8(escape::unescape(host, Part::Host)?)
        .map_err(|_| "its host is not UTF-8".to_owned())
}

fn check_port(port: &str) -> Result<(), Reason> {
    match port.strip_prefix(':') {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Ok(()),
        None if port.is_empty() => Ok(()),
        _ => Err(format!("{port:?} after its host is no port")),
    }
}

/// Resolves a path against another and removes its dot segments.
fn resolve_path(base: &str, reference: &str) -> String {
    let full = match reference {
        "" => base.to_owned(),
        _ if reference.starts_with('/') => reference.to_owned(),
        _ => format!(
            "{}{reference}",
            &base[..base.rfind('/').map_or(0, |slash| slash + 1)]
        ),
    };
    if full.is_empty() {
        return full;
    }
    let mut kept: Vec<&str> = Vec::new();
    let mut last = "";
    for segment in full.strip_prefix('/').unwrap_or(&full).split('/') {
        last = segment;
        match segment {
            "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
    }
    let slash = if matches!(last, "." | "..") && !kept.is_empty() {
        "/"
    } else {
        ""
    };
    format!("/{}{slash}", kept.join("/"))
}
