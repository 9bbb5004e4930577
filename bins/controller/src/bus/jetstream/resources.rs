//! Builds the ConfigMap with the servers' configuration, and the Service in front of them.

use super::{Names, servers};
use crate::object;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Port of clients.
pub(super) const CLIENT: u16 = 4222;
/// Port of servers among themselves.
pub(super) const CLUSTER: u16 = 6222;
/// Port of the servers' own HTTP.
pub(super) const MONITOR: u16 = 8222;
/// Port of metrics.
pub(super) const METRICS: u16 = 7777;
/// Folder of the servers' configuration.
pub(super) const CONFIG_FOLDER: &str = "/etc/nats-config";
/// Key of the ConfigMap.
pub(super) const CONFIG_KEY: &str = "nats-js";
/// File with the server's process id.
pub(super) const PID_FILE: &str = "/var/run/nats/nats.pid";

/// Tells whether servers form a cluster.
pub(super) fn is_clustered(bus: &Value) -> bool {
    servers(bus) > 2
}

/// Builds the ConfigMap; `defaults` are the settings of JetStream unless the bus has its own.
pub(super) fn config_map(bus: &Value, defaults: &str) -> Value {
    let names = Names::of(object::name(bus));
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": object::child_metadata(bus, &names.config_map(), names.labels()),
        "data": { CONFIG_KEY: server_config(bus, defaults) },
    })
}

fn server_config(bus: &Value, defaults: &str) -> String {
    let spec = &bus["spec"]["jetstream"];
    let text = |field: &str| spec[field].as_str().filter(|text| !text.is_empty());
    let max_payload = text("maxPayload").unwrap_or("1MB");
    let settings = text("settings").unwrap_or(defaults);
    let cluster = if is_clustered(bus) {
        cluster(bus)
    } else {
        String::new()
    };
    let mut indented = String::new();
    for line in settings.lines().filter(|line| !line.trim().is_empty()) {
        writeln!(indented, "  {}", line.trim()).expect("a String takes what is written");
    }
    // The server replaces no variable within quotes: the key is this text itself, not the Secret's.
    // Stores of the reference are written with it; without the quotes nobody could read them.
    format!(
        "\
max_payload: {max_payload}
port: {CLIENT}
pid_file: \"{PID_FILE}\"
http: {MONITOR}
server_name: $POD_NAME
jetstream {{
  key: \"$JS_KEY\"
  store_dir: \"/data/jetstream/store\"
{indented}}}
{cluster}lame_duck_duration: 30s
include ./auth.conf
"
    )
}

fn cluster(bus: &Value) -> String {
    let name = object::name(bus);
    let names = Names::of(name);
    let (set, service) = (names.stateful_set(), names.service());
    let namespace = object::namespace(bus);
    let routes: Vec<String> = (0..servers(bus))
        .map(|server| format!("nats://{set}-{server}.{service}.{namespace}.svc:{CLUSTER}"))
        .collect();
    let routes = routes.join(",");
    format!(
        "\
cluster {{
  port: {CLUSTER}
  name: \"{name}\"
  routes: [{routes}]
  cluster_advertise: $CLUSTER_ADVERTISE
  connect_retries: 120
  tls {{
    cert_file: \"{CONFIG_FOLDER}/cluster-server-cert.pem\"
    key_file: \"{CONFIG_FOLDER}/cluster-server-key.pem\"
    ca_file: \"{CONFIG_FOLDER}/cluster-ca-cert.pem\"
  }}
}}
"
    )
}

/// Builds the Service, which names servers that are not ready too, since they look for each other.
pub(super) fn service(bus: &Value) -> Value {
    let names = Names::of(object::name(bus));
    let port = |name: &str, port: u16| json!({ "name": name, "port": port });
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": object::child_metadata(bus, &names.service(), names.labels()),
        "spec": {
            "type": "ClusterIP",
            "clusterIP": "None",
            "publishNotReadyAddresses": true,
            "selector": names.labels(),
            "ports": [
                port("tcp-client", CLIENT),
                port("cluster", CLUSTER),
                port("metrics", METRICS),
                port("monitor", MONITOR),
            ],
        },
    })
}
