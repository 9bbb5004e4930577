//! Names of Services and of pods behind them: as much of the DNS as pods here ask for.
//!
//! Answers questions for IPv4 addresses of `service.namespace.svc.cluster.local`, and of
//! `pod.service.namespace.svc.cluster.local`; nothing else is there.

use k8s_openapi::api::core::v1::{Pod, Service};
use kube::{Api, Client, api::ListParams};
use std::{
    io,
    net::{IpAddr, Ipv4Addr},
};
use tokio::{net::UdpSocket, task::JoinSet};

const PORT: u16 = 53;
/// Longest question without extensions.
const LONGEST: usize = 512;
const HEADER: usize = 12;
/// Bytes of a question after its name: type and class.
const TAIL: usize = 4;

/// Answers until it is dropped.
pub(super) struct Names {
    _work: JoinSet<()>,
}

impl Names {
    /// Begins to answer.
    pub(super) async fn serve(address: IpAddr, client: Client) -> io::Result<Self> {
        let socket = UdpSocket::bind((address, PORT)).await?;
        let mut work = JoinSet::new();
        work.spawn(async move {
            let mut bytes = [0; LONGEST];
            loop {
                // A question that cannot be read is asked again.
                let Ok((length, asker)) = socket.recv_from(&mut bytes).await else {
                    continue;
                };
                if let Some(answer) = answer(&client, &bytes[..length]).await {
                    let _ = socket.send_to(&answer, asker).await;
                }
            }
        });
        Ok(Self { _work: work })
    }
}

async fn answer(client: &Client, question: &[u8]) -> Option<Vec<u8>> {
    let (labels, end) = labels(question)?;
    let asked = question.get(HEADER..end + TAIL)?;
    let is_ipv4 = question.get(end..end + 2)? == [0, 1];
    let found = addresses(client, &labels).await;
    let addresses = found.as_deref().unwrap_or_default();
    let addresses = if is_ipv4 { addresses } else { &[] };
    // An answer, with authority; 3 stands for a name that is not there.
    let code = if found.is_some() { 0 } else { 3 };
    let mut answer = question.get(..2)?.to_vec();
    answer.extend([
        0x85,
        0x80 | code,
        0,
        1,
        0,
        u8::try_from(addresses.len()).ok()?,
        0,
        0,
        0,
        0,
    ]);
    answer.extend(asked);
    for address in addresses {
        // The name of the question; an IPv4 address of the internet; for five seconds; four bytes.
        answer.extend([0xc0, HEADER as u8, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4]);
        answer.extend(address.octets());
    }
    Some(answer)
}

/// Reads the name that is asked for, and where it ends.
fn labels(question: &[u8]) -> Option<(Vec<String>, usize)> {
    let (mut at, mut labels) = (HEADER, Vec::new());
    loop {
        let length = usize::from(*question.get(at)?);
        at += 1;
        if length == 0 {
            return Some((labels, at));
        }
        let label = question.get(at..at + length)?;
        labels.push(String::from_utf8_lossy(label).to_lowercase());
        at += length;
    }
}

/// Returns the addresses of a name; `None` if it is not there.
async fn addresses(client: &Client, labels: &[String]) -> Option<Vec<Ipv4Addr>> {
    let labels: Vec<_> = labels.iter().map(String::as_str).collect();
    let (pod, service, namespace) = match labels[..] {
        [service, namespace, "svc", "cluster", "local"] => (None, service, namespace),
        [pod, service, namespace, "svc", "cluster", "local"] => (Some(pod), service, namespace),
        _ => return None,
    };
    let pods = Api::<Pod>::namespaced(client.clone(), namespace);
    if let Some(pod) = pod {
        return Some(vec![address(&pods.get(pod).await.ok()?)?]);
    }
    let services = Api::<Service>::namespaced(client.clone(), namespace);
    let spec = services.get(service).await.ok()?.spec?;
    if let Some(address) = spec.cluster_ip.as_ref().and_then(|it| it.parse().ok()) {
        return Some(vec![address]);
    }
    let selector = spec.selector.unwrap_or_default();
    let selector: Vec<_> = selector
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let chosen = ListParams::default().labels(&selector.join(","));
    Some(
        pods.list(&chosen)
            .await
            .ok()?
            .iter()
            .filter_map(address)
            .collect(),
    )
}

fn address(pod: &Pod) -> Option<Ipv4Addr> {
    pod.status.as_ref()?.pod_ip.as_ref()?.parse().ok()
}
