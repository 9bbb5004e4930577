//! The members of Go's types of Deployments and ConfigMaps, in the order of their declaration.
//!
//! As far as the controller fills them itself or users are likely to. What is missing is written after
//! the others, by name.

/// A type of Go.
#[derive(Debug)]
pub(super) struct Struct {
    pub(super) members: &'static [Member],
}

/// A member of a type.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// Whether it is written even if it is empty.
    pub(super) is_always: bool,
    /// Whether it may be nothing at all, so that zero and false are something.
    pub(super) is_pointer: bool,
}

/// How a member is written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// As it is, maps by name.
    Plain,
    /// As a type.
    Struct(&'static Struct),
    /// As a list of a type.
    List(&'static Struct),
    /// As a map of quantities.
    Quantities,
}

const fn plain(name: &'static str) -> Member {
    let (kind, is_always, is_pointer) = (Kind::Plain, false, false);
    Member {
        name,
        kind,
        is_always,
        is_pointer,
    }
}

const fn pointer(name: &'static str) -> Member {
    Member {
        is_pointer: true,
        ..plain(name)
    }
}

const fn always(name: &'static str) -> Member {
    Member {
        is_always: true,
        ..plain(name)
    }
}

/// A member that is a struct itself, and so never empty.
const fn inline(name: &'static str, of: &'static Struct) -> Member {
    Member {
        kind: Kind::Struct(of),
        is_always: true,
        ..plain(name)
    }
}

const fn nested(name: &'static str, of: &'static Struct) -> Member {
    Member {
        kind: Kind::Struct(of),
        is_pointer: true,
        ..plain(name)
    }
}

const fn list(name: &'static str, of: &'static Struct) -> Member {
    Member {
        kind: Kind::List(of),
        ..plain(name)
    }
}

const fn quantities(name: &'static str) -> Member {
    Member {
        kind: Kind::Quantities,
        ..plain(name)
    }
}

pub(super) static DEPLOYMENT_SPEC: Struct = Struct {
    members: &[
        pointer("replicas"),
        Member {
            is_always: true,
            ..nested("selector", &SELECTOR)
        },
        inline("template", &POD_TEMPLATE),
        inline("strategy", &STRATEGY),
        plain("minReadySeconds"),
        pointer("revisionHistoryLimit"),
        plain("paused"),
        pointer("progressDeadlineSeconds"),
    ],
};

pub(super) static CONFIG_MAP: Struct = Struct {
    members: &[
        plain("kind"),
        plain("apiVersion"),
        inline("metadata", &METADATA),
        pointer("immutable"),
        plain("data"),
        plain("binaryData"),
    ],
};

static SELECTOR: Struct = Struct {
    members: &[plain("matchLabels"), plain("matchExpressions")],
};

static STRATEGY: Struct = Struct {
    members: &[plain("type"), pointer("rollingUpdate")],
};

static METADATA: Struct = Struct {
    members: &[
        plain("name"),
        plain("generateName"),
        plain("namespace"),
        plain("selfLink"),
        plain("uid"),
        plain("resourceVersion"),
        plain("generation"),
        always("creationTimestamp"),
        pointer("deletionTimestamp"),
        pointer("deletionGracePeriodSeconds"),
        plain("labels"),
        plain("annotations"),
        list("ownerReferences", &OWNER_REFERENCE),
        plain("finalizers"),
    ],
};

static OWNER_REFERENCE: Struct = Struct {
    members: &[
        always("apiVersion"),
        always("kind"),
        always("name"),
        always("uid"),
        pointer("controller"),
        pointer("blockOwnerDeletion"),
    ],
};

static POD_TEMPLATE: Struct = Struct {
    members: &[inline("metadata", &METADATA), inline("spec", &POD)],
};

static POD: Struct = Struct {
    members: &[
        list("volumes", &VOLUME),
        list("initContainers", &CONTAINER),
        Member {
            is_always: true,
            ..list("containers", &CONTAINER)
        },
        plain("ephemeralContainers"),
        plain("restartPolicy"),
        pointer("terminationGracePeriodSeconds"),
        pointer("activeDeadlineSeconds"),
        plain("dnsPolicy"),
        plain("nodeSelector"),
        plain("serviceAccountName"),
        plain("serviceAccount"),
        pointer("automountServiceAccountToken"),
        plain("nodeName"),
        plain("hostNetwork"),
        plain("hostPID"),
        plain("hostIPC"),
        pointer("shareProcessNamespace"),
        nested("securityContext", &POD_SECURITY),
        plain("imagePullSecrets"),
        plain("hostname"),
        plain("subdomain"),
        nested("affinity", &AFFINITY),
        plain("schedulerName"),
        list("tolerations", &TOLERATION),
        plain("hostAliases"),
        plain("priorityClassName"),
        pointer("priority"),
        pointer("dnsConfig"),
        plain("readinessGates"),
        pointer("runtimeClassName"),
        pointer("enableServiceLinks"),
        pointer("preemptionPolicy"),
        quantities("overhead"),
        plain("topologySpreadConstraints"),
    ],
};

static POD_SECURITY: Struct = Struct {
    members: &[
        pointer("seLinuxOptions"),
        pointer("windowsOptions"),
        pointer("runAsUser"),
        pointer("runAsGroup"),
        pointer("runAsNonRoot"),
        plain("supplementalGroups"),
        pointer("supplementalGroupsPolicy"),
        pointer("fsGroup"),
        plain("sysctls"),
        pointer("fsGroupChangePolicy"),
        pointer("seccompProfile"),
    ],
};

static AFFINITY: Struct = Struct {
    members: &[
        pointer("nodeAffinity"),
        pointer("podAffinity"),
        pointer("podAntiAffinity"),
    ],
};

static TOLERATION: Struct = Struct {
    members: &[
        plain("key"),
        plain("operator"),
        plain("value"),
        plain("effect"),
        pointer("tolerationSeconds"),
    ],
};

static VOLUME: Struct = Struct {
    members: &[
        always("name"),
        pointer("hostPath"),
        pointer("emptyDir"),
        nested("secret", &SECRET_VOLUME),
        pointer("persistentVolumeClaim"),
        pointer("downwardAPI"),
        nested("configMap", &CONFIG_MAP_VOLUME),
        pointer("projected"),
    ],
};

static SECRET_VOLUME: Struct = Struct {
    members: &[
        plain("secretName"),
        list("items", &KEY_TO_PATH),
        pointer("defaultMode"),
        pointer("optional"),
    ],
};

static CONFIG_MAP_VOLUME: Struct = Struct {
    members: &[
        plain("name"),
        list("items", &KEY_TO_PATH),
        pointer("defaultMode"),
        pointer("optional"),
    ],
};

static KEY_TO_PATH: Struct = Struct {
    members: &[always("key"), always("path"), pointer("mode")],
};

static CONTAINER: Struct = Struct {
    members: &[
        always("name"),
        plain("image"),
        plain("command"),
        plain("args"),
        plain("workingDir"),
        list("ports", &PORT),
        list("envFrom", &ENVIRONMENT_FROM),
        list("env", &VARIABLE),
        inline("resources", &RESOURCES),
        plain("resizePolicy"),
        pointer("restartPolicy"),
        list("volumeMounts", &MOUNT),
        plain("volumeDevices"),
        nested("livenessProbe", &PROBE),
        nested("readinessProbe", &PROBE),
        nested("startupProbe", &PROBE),
        pointer("lifecycle"),
        plain("terminationMessagePath"),
        plain("terminationMessagePolicy"),
        plain("imagePullPolicy"),
        nested("securityContext", &SECURITY),
        plain("stdin"),
        plain("stdinOnce"),
        plain("tty"),
    ],
};

static PORT: Struct = Struct {
    members: &[
        plain("name"),
        plain("hostPort"),
        always("containerPort"),
        plain("protocol"),
        plain("hostIP"),
    ],
};

static ENVIRONMENT_FROM: Struct = Struct {
    members: &[
        plain("prefix"),
        pointer("configMapRef"),
        pointer("secretRef"),
    ],
};

static VARIABLE: Struct = Struct {
    members: &[
        always("name"),
        plain("value"),
        nested("valueFrom", &VARIABLE_SOURCE),
    ],
};

static VARIABLE_SOURCE: Struct = Struct {
    members: &[
        nested("fieldRef", &FIELD_REFERENCE),
        pointer("resourceFieldRef"),
        nested("configMapKeyRef", &KEY_REFERENCE),
        nested("secretKeyRef", &KEY_REFERENCE),
    ],
};

static FIELD_REFERENCE: Struct = Struct {
    members: &[plain("apiVersion"), always("fieldPath")],
};

static KEY_REFERENCE: Struct = Struct {
    members: &[plain("name"), always("key"), pointer("optional")],
};

static RESOURCES: Struct = Struct {
    members: &[
        quantities("limits"),
        quantities("requests"),
        plain("claims"),
    ],
};

static MOUNT: Struct = Struct {
    members: &[
        always("name"),
        plain("readOnly"),
        pointer("recursiveReadOnly"),
        always("mountPath"),
        plain("subPath"),
        pointer("mountPropagation"),
        plain("subPathExpr"),
    ],
};

static PROBE: Struct = Struct {
    members: &[
        pointer("exec"),
        nested("httpGet", &HTTP_GET),
        pointer("tcpSocket"),
        pointer("grpc"),
        plain("initialDelaySeconds"),
        plain("timeoutSeconds"),
        plain("periodSeconds"),
        plain("successThreshold"),
        plain("failureThreshold"),
        pointer("terminationGracePeriodSeconds"),
    ],
};

static HTTP_GET: Struct = Struct {
    members: &[
        plain("path"),
        always("port"),
        plain("host"),
        plain("scheme"),
        plain("httpHeaders"),
    ],
};

static SECURITY: Struct = Struct {
    members: &[
        pointer("capabilities"),
        pointer("privileged"),
        pointer("seLinuxOptions"),
        pointer("windowsOptions"),
        pointer("runAsUser"),
        pointer("runAsGroup"),
        pointer("runAsNonRoot"),
        pointer("readOnlyRootFilesystem"),
        pointer("allowPrivilegeEscalation"),
        pointer("procMount"),
        pointer("seccompProfile"),
    ],
};
