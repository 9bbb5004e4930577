//! Sources that hosts of repositories call.

use super::{Fields, Form, common::*, field, flag, part, parts, secret, text, texts};

/// Kinds with their fields.
pub(super) const SOURCES: &[(&str, Fields)] = &[
    ("bitbucket", BITBUCKET),
    ("bitbucketserver", BITBUCKET_SERVER),
    ("gerrit", GERRIT),
    ("github", GITHUB),
    ("gitlab", GITLAB),
];

const BITBUCKET_AUTH: Fields = &[BASIC_AUTH, secret("oauthToken", "An OAuth token.")];

const BITBUCKET_REPOSITORIES: Fields = &[
    text("owner", "Owner of the repository."),
    text(
        "repositorySlug",
        "Name of the repository, as in its address.",
    ),
];

const BITBUCKET: Fields = &[
    WEBHOOK,
    part("auth", "How we prove who we are.", BITBUCKET_AUTH),
    parts(
        "repositories",
        "Repositories that get a hook.",
        BITBUCKET_REPOSITORIES,
    ),
    texts("events", "Names of events, such as repo:push."),
    text("owner", "Outdated: use `repositories`."),
    text("repositorySlug", "Outdated: use `repositories`."),
    text("projectKey", "Outdated; has no effect."),
    DELETE_HOOK,
    METADATA,
    FILTER,
];

const SERVER_REPOSITORIES: Fields = &[
    text("projectKey", "Key of the project."),
    text(
        "repositorySlug",
        "Name of the repository, as in its address.",
    ),
];

const BITBUCKET_SERVER: Fields = &[
    WEBHOOK,
    text(
        "bitbucketserverBaseURL",
        "Address of the API, ending with /rest.",
    ),
    secret("accessToken", "Token for the API."),
    secret("webhookSecret", "Secret that calls are signed with."),
    texts("projects", "Projects whose repositories all get a hook."),
    parts(
        "repositories",
        "Repositories that get a hook.",
        SERVER_REPOSITORIES,
    ),
    texts("events", "Names of events, such as repo:refs_changed."),
    text("projectKey", "Outdated: use `repositories`."),
    text("repositorySlug", "Outdated: use `repositories`."),
    flag(
        "oneEventPerChange",
        "Whether each change of a push becomes an event of its own.",
    ),
    flag(
        "skipBranchRefsChangedOnOpenPR",
        "Whether pushes to branches with an open pull request are dropped.",
    ),
    text(
        "checkInterval",
        "How often hooks are looked after, as a Go duration; 1m if absent.",
    ),
    DELETE_HOOK,
    TLS,
    METADATA,
    FILTER,
];

const GERRIT: Fields = &[
    WEBHOOK,
    text("gerritBaseURL", "Address of the API."),
    text("hookName", "Name of the hook."),
    AUTH,
    texts("projects", "Projects that get a hook."),
    texts("events", "Names of events, such as change-merged."),
    flag("sslVerify", "Whether Gerrit checks our certificate."),
    field(
        "maxTries",
        "How often Gerrit tries to deliver.",
        Form::Int64,
    ),
    DELETE_HOOK,
    METADATA,
    FILTER,
];

const OWNED: Fields = &[
    text("owner", "Organisation or user."),
    texts("names", "Names of repositories."),
];

const GITHUB: Fields = &[
    WEBHOOK,
    parts(
        "repositories",
        "Repositories that get a hook, by owner.",
        OWNED,
    ),
    texts("organizations", "Organisations that get a hook."),
    texts("events", "Names of events, such as push; * for all."),
    secret("apiToken", "Token for the API."),
    APP,
    secret("webhookSecret", "Secret that calls are signed with."),
    flag(
        "active",
        "Whether new hooks are active; they are not if absent.",
    ),
    text("contentType", "How calls carry their body: json or form."),
    flag("insecure", "Whether GitHub does not check our certificate."),
    text("githubBaseURL", "Address of the API, of GitHub Enterprise."),
    text(
        "githubUploadURL",
        "Address for uploads, of GitHub Enterprise.",
    ),
    text("owner", "Outdated: use `repositories`."),
    text("repository", "Outdated: use `repositories`."),
    field("id", "Outdated; has no effect.", Form::Int64),
    DELETE_HOOK,
    METADATA,
    FILTER,
];

const GITLAB: Fields = &[
    WEBHOOK,
    text("gitlabBaseURL", "Address of GitLab."),
    secret("accessToken", "Token for the API."),
    secret("secretToken", "Token that calls must carry."),
    texts("projects", "Projects that get a hook, by number or path."),
    texts("groups", "Groups that get a hook, by number or name."),
    texts("events", "Names of events, such as PushEvents."),
    text("projectID", "Outdated: use `projects`."),
    flag(
        "enableSSLVerification",
        "Whether GitLab checks our certificate.",
    ),
    DELETE_HOOK,
    METADATA,
    FILTER,
];
