{{- /* Labels of everything that belongs to one program; the argument is a list of the program's name and the root. */}}
{{- define "argo-events.labels" -}}
{{- $root := index . 1 -}}
app.kubernetes.io/name: {{ index . 0 }}
{{ include "argo-events.common" $root }}
{{- end }}

{{- define "argo-events.common" -}}
app.kubernetes.io/part-of: argo-events
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "argo-events.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "argo-events.pod-security" -}}
runAsNonRoot: true
runAsUser: 9731
runAsGroup: 9731
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "argo-events.container-security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop:
    - ALL
{{- end }}

{{- /* Where pods run; the argument is a list of the label of the pods and their values. */}}
{{- define "argo-events.placement" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        app: {{ index . 0 }}
{{- with index . 1 }}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}
{{- end }}

{{- define "argo-events.egress" -}}
- ports:
    - protocol: UDP
      port: 53
    - protocol: TCP
      port: 53
- ports:
    {{- range .Values.networkPolicy.apiServerPorts }}
    - protocol: TCP
      port: {{ . }}
    {{- end }}
{{- end }}

{{- /* The namespace that a controller of one namespace manages. */}}
{{- define "argo-events.managed" -}}
{{ .Values.managedNamespace | default .Release.Namespace }}
{{- end }}

{{- define "argo-events.secret-rules" -}}
- apiGroups:
    - ""
  resources:
    - secrets
  verbs:
    - get
    - create
    - update
{{- end }}

{{- define "argo-events.controller-rules" -}}
# What people ask for: read; a finalizer is added and taken away by a patch.
- apiGroups:
    - argoproj.io
  resources:
    - eventbus
    - eventsources
    - sensors
  verbs:
    - get
    - list
    - watch
    - patch
- apiGroups:
    - argoproj.io
  resources:
    - eventbus/status
    - eventsources/status
    - sensors/status
  verbs:
    - patch
# To own what is made for them, where the cluster checks that.
- apiGroups:
    - argoproj.io
  resources:
    - eventbus/finalizers
    - eventsources/finalizers
    - sensors/finalizers
  verbs:
    - update
# What is made for them.
- apiGroups:
    - apps
  resources:
    - deployments
    - statefulsets
  verbs:
    - get
    - list
    - watch
    - create
    - update
    - delete
- apiGroups:
    - ""
  resources:
    - configmaps
    - services
  verbs:
    - get
    - list
    - watch
    - create
    - update
    - delete
# The volumes of a bus, when its EventBus is deleted.
- apiGroups:
    - ""
  resources:
    - persistentvolumeclaims
  verbs:
    - list
    - delete
# What people read with `kubectl describe`.
- apiGroups:
    - ""
  resources:
    - events
  verbs:
    - create
{{- end }}
