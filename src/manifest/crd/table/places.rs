//! Sources that watch a place, and what is left.

use super::{Field, Fields, common::*, part, secret, text, texts};

/// Kinds with their fields.
pub(super) const SOURCES: &[(&str, Fields)] = &[("hdfs", HDFS), ("sftp", SFTP), ("slack", SLACK)];

const DIRECTORY: Field = text("directory", "The directory, with its whole path.");
const PATH: Field = text("path", "The only file that counts, within the directory.");
const PATH_REGEXP: Field = text(
    "pathRegexp",
    "Pattern of the files that count, within the directory.",
);

const HDFS: Fields = &[
    DIRECTORY,
    PATH,
    PATH_REGEXP,
    text(
        "type",
        "What must have happened: CREATE, WRITE, REMOVE, RENAME or CHMOD, joined by |.",
    ),
    text(
        "checkInterval",
        "How often to look, as a Go duration; 1m if absent.",
    ),
    texts("addresses", "Host and port of the name nodes."),
    text("hdfsUser", "Name of the user, without Kerberos."),
    secret("krbCCacheSecret", "Kerberos' credentials cache."),
    secret("krbKeytabSecret", "Kerberos' keytab."),
    text("krbUsername", "Name of Kerberos' user, with a keytab."),
    text("krbRealm", "Kerberos' realm, with a keytab."),
    part("krbConfigConfigMap", "Kerberos' configuration.", KEY),
    text("krbServicePrincipalName", "Kerberos' name of the service."),
    METADATA,
    FILTER,
];

const SFTP: Fields = &[
    secret("address", "Host and port of the server."),
    secret("username", "Name of the user."),
    secret("password", "Password of the user."),
    secret("sshKeySecret", "Private key, with the server's public key."),
    text("eventType", "What must have happened: CREATE or REMOVE."),
    part(
        "watchPathConfig",
        "Which files.",
        &[DIRECTORY, PATH, PATH_REGEXP],
    ),
    text(
        "pollIntervalDuration",
        "How often to look, as a Go duration; 10s if absent.",
    ),
    METADATA,
    FILTER,
];

const SLACK: Fields = &[
    WEBHOOK,
    secret("token", "Token that Slack's calls carry."),
    secret(
        "signingSecret",
        "Secret that Slack's calls are signed with.",
    ),
    METADATA,
    FILTER,
];
