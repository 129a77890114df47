{{/* Names and labels. */}}

{{- define "pumphouse.name" -}}
{{- if contains "pumphouse" .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-pumphouse" (.Release.Name | trunc 30 | trimSuffix "-") -}}
{{- end -}}
{{- end }}

{{- define "pumphouse.runsNamespace" -}}
{{- .Values.runs.namespace.name | default (printf "%s-runs" .Release.Namespace) -}}
{{- end }}

{{- define "pumphouse.blobsClaim" -}}
{{- .Values.blobs.volume.existingClaim | default (printf "%s-blobs" (include "pumphouse.name" .)) -}}
{{- end }}

{{/* Whether servers mount the volume of blobs; empty if not. */}}
{{- define "pumphouse.usesBlobsVolume" -}}
{{- if or (not .Values.blobs.s3.url) .Values.blobs.movesToS3 }}true{{ end -}}
{{- end }}

{{- define "pumphouse.runsClaim" -}}
{{- .Values.runs.volume.existingClaim | default (printf "%s-runs" (include "pumphouse.name" .)) -}}
{{- end }}

{{/* Labels by which servers are selected. They never change, because a Deployment cannot change its selector. */}}
{{- define "pumphouse.selector" -}}
app.kubernetes.io/name: pumphouse
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "pumphouse.labels" -}}
{{ include "pumphouse.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "pumphouse.serverImage" -}}
{{- with .Values.image -}}
{{- if .server.digest -}}
{{- printf "%s/%s@%s" .registry .server.repository .server.digest -}}
{{- else -}}
{{- printf "%s/%s:%s" .registry .server.repository (.server.tag | default $.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Value of PUMPHOUSE_ROLES for each Deployment of the mode. */}}
{{- define "pumphouse.kinds" -}}
{{- if eq .Values.mode "single" -}}
server: all
{{- else -}}
api: api
scheduler: scheduler
supervisor: supervisor
{{- end -}}
{{- end }}

{{/* The kind of server that users and clients reach, and the kind that executes runs and serves apps. */}}
{{- define "pumphouse.apiKind" -}}{{ ternary "server" "api" (eq .Values.mode "single") }}{{- end }}
{{- define "pumphouse.supervisorKind" -}}{{ ternary "server" "supervisor" (eq .Values.mode "single") }}{{- end }}

{{/* The host of a URL, without its port: (include "pumphouse.host" url) */}}
{{- define "pumphouse.host" -}}
{{- regexReplaceAll ":[0-9]+$" (urlParse .).host "" -}}
{{- end }}

{{/* The port of a URL: (include "pumphouse.port" (list url default)) */}}
{{- define "pumphouse.port" -}}
{{- $found := regexFind ":[0-9]+$" (urlParse (index . 0)).host -}}
{{- $found | trimPrefix ":" | default (index . 1 | toString) -}}
{{- end }}
