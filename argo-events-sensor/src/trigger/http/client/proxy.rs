//! Proxies that the environment names: `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`, in either case.
//!
//! Read once, when a client is made. Proxies are spoken to in plain HTTP.

use super::{host, url::Url};
use std::net::IpAddr;

/// Which proxy to use for what.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proxies {
    plain: Option<Url>,
    secure: Option<Url>,
    exceptions: Vec<Exception>,
}

/// A rule of `NO_PROXY`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Exception {
    All,
    /// A name and, if the flag is set, the names below it; on one port or on all.
    Name {
        name: String,
        below_only: bool,
        port: Option<u16>,
    },
    Network {
        address: IpAddr,
        bits: u8,
        port: Option<u16>,
    },
}

impl Proxies {
    /// Reads the environment.
    pub(crate) fn from_environment() -> Self {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    /// Reads variables; an upper-case name wins over the lower-case one.
    pub(crate) fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let either = |name: &str| {
            let found = variable(name).filter(|value| !value.is_empty());
            found
                .or_else(|| variable(&name.to_ascii_lowercase()))
                .unwrap_or_default()
        };
        // A web server hands a header of its caller to a script as HTTP_PROXY.
        let plain = if variable("REQUEST_METHOD").is_some() {
            String::new()
        } else {
            either("HTTP_PROXY")
        };
        let exceptions = either("NO_PROXY")
            .split(',')
            .filter_map(Exception::parse)
            .collect();
        Self {
            plain: proxy(&plain),
            secure: proxy(&either("HTTPS_PROXY")),
            exceptions,
        }
    }

    /// Returns the proxy for a URL.
    pub(super) fn proxy_for(&self, url: &Url) -> Option<&Url> {
        let proxy = if url.is_secure() {
            self.secure.as_ref()
        } else {
            self.plain.as_ref()
        }?;
        let (name, port) = (url.host_name().to_ascii_lowercase(), url.port().ok()?);
        let address: Option<IpAddr> = name.parse().ok();
        let is_here = host::is_local(&name) || address.is_some_and(|address| address.is_loopback());
        let is_excepted = || {
            self.exceptions
                .iter()
                .any(|rule| rule.covers(&name, address, port))
        };
        (!is_here && !is_excepted()).then_some(proxy)
    }
}

fn proxy(text: &str) -> Option<Url> {
    let with_scheme = if text.contains("://") {
        text.to_owned()
    } else {
        format!("http://{text}")
    };
    let url = Url::parse(&with_scheme)
        .ok()
        .filter(|url| !url.host.is_empty())?;
    if url.scheme != "http" {
        tracing::warn!(
            scheme = url.scheme,
            "proxy is not used: only http proxies are supported"
        );
        return None;
    }
    Some(url)
}

impl Exception {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        if text == "*" {
            return Some(Self::All);
        }
        if let Some((address, bits)) = text.split_once('/') {
            let (address, bits) = (address.parse().ok()?, bits.parse().ok()?);
            return Some(Self::Network {
                address,
                bits,
                port: None,
            });
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Some(Self::Network {
                address,
                bits: 128,
                port: None,
            });
        }
        let (name, port) = match text.rsplit_once(':') {
            Some((name, port)) => (name.trim_matches(['[', ']']), Some(port.parse().ok()?)),
            None => (text.as_str(), None),
        };
        if let Ok(address) = name.parse() {
            return Some(Self::Network {
                address,
                bits: 128,
                port,
            });
        }
        let below_only = name.starts_with('.') || name.starts_with("*.");
        let name = name
            .trim_start_matches('*')
            .trim_start_matches('.')
            .to_owned();
        (!name.is_empty()).then_some(Self::Name {
            name,
            below_only,
            port,
        })
    }

    fn covers(&self, name: &str, address: Option<IpAddr>, port: u16) -> bool {
        match self {
            Self::All => true,
            Self::Name {
                name: rule,
                below_only,
                port: rule_port,
            } => {
                let is_same = name == rule;
                rule_port.is_none_or(|rule| rule == port)
                    && ((is_same && !below_only) || (!is_same && host::covers(rule, name)))
            }
            Self::Network {
                address: rule,
                bits,
                port: rule_port,
            } => {
                rule_port.is_none_or(|rule| rule == port)
                    && address.is_some_and(|address| contains(*rule, *bits, address))
            }
        }
    }
}

/// Tells whether an address shares its first bits with another of the same family.
fn contains(network: IpAddr, bits: u8, address: IpAddr) -> bool {
    let (left, right, width) = match (network, address) {
        (IpAddr::V4(left), IpAddr::V4(right)) => (
            u128::from(left.to_bits()) << 96,
            u128::from(right.to_bits()) << 96,
            32,
        ),
        (IpAddr::V6(left), IpAddr::V6(right)) => (left.to_bits(), right.to_bits(), 128),
        _ => return false,
    };
    let shift = 128 - u32::from(bits.min(width));
    left.checked_shr(shift) == right.checked_shr(shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxied(no_proxy: &str, url: &str) -> bool {
        let proxies = Proxies::from_variables(|name| match name {
            "http_proxy" => Some("proxy.example:3128".to_owned()),
            "NO_PROXY" => Some(no_proxy.to_owned()),
            _ => None,
        });
        proxies.proxy_for(&Url::parse(url).unwrap()).is_some()
    }

    #[test]
    fn this_machine_is_never_reached_through_a_proxy() {
        assert!(!proxied("", "http://localhost:1/"));
        assert!(!proxied("", "http://127.0.0.1/"));
        assert!(proxied("", "http://svc.example/"));
        assert!(!proxied("", "https://svc.example/"));
    }

    #[test]
    fn no_proxy_names_hosts_domains_and_networks() {
        for rule in [
            "*",
            "svc.example",
            "example",
            ".example",
            "*.example",
            "x, svc.example:80",
        ] {
            assert!(!proxied(rule, "http://svc.example/"), "{rule}");
        }
        assert!(proxied(".svc.example", "http://svc.example/"));
        assert!(proxied("svc.example:81", "http://svc.example/"));
        assert!(!proxied("10.0.0.0/8", "http://10.1.2.3/"));
        assert!(proxied("10.0.0.0/8", "http://11.1.2.3/"));
    }
}
