//! Names of hosts: as the `Host` header writes them and as the resolver takes them.

use super::punycode;

/// Returns what the `Host` header says; empty where the text cannot name a host.
pub(super) fn header(host: &str) -> String {
    let host = ascii(host);
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!$%&()*+,-.:;=['_]~".contains(&byte);
    if !host.bytes().all(allowed) {
        return String::new();
    }
    match (host.find('%'), host.find(']')) {
        (Some(zone), Some(bracket)) if zone < bracket => {
            format!("{}{}", &host[..zone], &host[bracket..])
        }
        _ => host,
    }
}

/// Writes labels with other letters in Punycode.
pub(super) fn ascii(host: &str) -> String {
    if host.is_ascii() {
        return host.to_owned();
    }
    let label = |label: &str| match punycode::encode(label) {
        Some(encoded) if !label.is_ascii() => format!("xn--{encoded}"),
        _ => label.to_owned(),
    };
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) => (name, format!(":{port}")),
        None => (host, String::new()),
    };
    name.split('.').map(label).collect::<Vec<_>>().join(".") + &port
}

/// Tells whether a name always means this machine, whatever a resolver says.
pub(super) fn is_local(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

/// Tells whether credentials for one host may be shown to another: the same or one below it.
pub(super) fn covers(parent: &str, name: &str) -> bool {
    let (parent, name) = (parent.to_ascii_lowercase(), name.to_ascii_lowercase());
    let is_below = || {
        let prefix = name
            .strip_suffix(&parent)
            .and_then(|prefix| prefix.strip_suffix('.'));
        prefix.is_some() && parent.parse::<std::net::IpAddr>().is_err()
    };
    parent == name || is_below()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_letters_are_written_in_punycode() {
        assert_eq!(header("ü.example:80"), "xn--tda.example:80");
    }

    #[test]
    fn what_cannot_name_a_host_leaves_the_header_empty() {
        assert_eq!(
            ["a b", "bad/host", "user@host", "a\nb"].map(header),
            ["", "", "", ""]
        );
        assert_eq!(header("[fe80::1%eth0]:80"), "[fe80::1]:80");
    }

    #[test]
    fn credentials_go_to_names_below_and_to_no_other() {
        assert!(covers("example.com", "a.Example.com"));
        assert!(!covers("example.com", "badexample.com"));
        assert!(!covers("a.example.com", "example.com"));
    }
}
