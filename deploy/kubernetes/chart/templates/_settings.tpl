{{/* Settings of the server that have plain values, as a map; docs/operate/settings.md explains them. */}}
{{- define "pumphouse.settings" -}}
{{- $name := include "pumphouse.name" . -}}
PUMPHOUSE_DATA_DIR: /data
PUMPHOUSE_HOST: 0.0.0.0
PUMPHOUSE_PORT: '8080'
PUMPHOUSE_APPS_PORT: '8090'
PUMPHOUSE_PUBLIC_URL: {{ .Values.publicUrl | quote }}
PUMPHOUSE_TRUSTED_PROXIES: {{ join "," .Values.trustedProxies | quote }}
PUMPHOUSE_DATABASE_URL: {{ .Values.database.url | quote }}
PUMPHOUSE_DATABASE_PASSWORD_FILE: {{ printf "/etc/pumphouse/database/%s" .Values.database.passwordSecret.key | quote }}
PUMPHOUSE_BLOBS_URL: {{ .Values.blobs.s3.url | default "file:///blobs" | quote }}
PUMPHOUSE_EXECUTOR: kubernetes
PUMPHOUSE_RUNNER_IMAGE: {{ printf "%s/%s:%s" .Values.image.registry .Values.image.runner.repository .Values.image.runner.tag | quote }}
PUMPHOUSE_KUBERNETES_NAMESPACE: {{ include "pumphouse.runsNamespace" . }}
{{- if .Values.runs.volume.enabled }}
PUMPHOUSE_KUBERNETES_VOLUME_CLAIM: {{ include "pumphouse.runsClaim" . }}
{{- end }}
PUMPHOUSE_KUBERNETES_SERVER: {{ printf "app.kubernetes.io/name=pumphouse,app.kubernetes.io/instance=%s" .Release.Name | quote }}
{{- with include "pumphouse.podPatch" . }}
PUMPHOUSE_KUBERNETES_POD_PATCH: {{ . | quote }}
{{- end }}
{{- if .Values.networkPolicy.enabled }}
# The policy of the chart alone decides what runs reach: the server's own would allow the whole internet.
PUMPHOUSE_RUNS_EGRESS: '0'
{{- end }}
PUMPHOUSE_ATTEMPTS_HOST: 0.0.0.0
PUMPHOUSE_ATTEMPTS_PORT: '8081'
PUMPHOUSE_ATTEMPTS_URL: {{ printf "http://%s-attempts.%s.svc:8081" $name .Release.Namespace | quote }}
PUMPHOUSE_MAX_ACTIVE_RUNS: {{ .Values.capacity.runsPerSupervisor | quote }}
PUMPHOUSE_MAX_ACTIVE_APPS: {{ .Values.capacity.appsPerSupervisor | quote }}
{{- with .Values.apps.domain }}
PUMPHOUSE_APPS_DOMAIN: {{ . | quote }}
{{- end }}
{{- if .Values.blobs.movesToS3 }}
PUMPHOUSE_BLOBS_FALLBACK_URL: file:///blobs
{{- end }}
{{- with .Values.blobs.s3 }}
{{- if .url }}
{{- with .endpoint }}
PUMPHOUSE_S3_ENDPOINT: {{ . | quote }}
{{- end }}
{{- with .region }}
PUMPHOUSE_S3_REGION: {{ . | quote }}
{{- end }}
{{- if .credentialsSecret.name }}
PUMPHOUSE_S3_SECRET_ACCESS_KEY_FILE: {{ printf "/etc/pumphouse/s3/%s" .credentialsSecret.secretAccessKeyKey | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- if .Values.mail.urlSecret.name }}
PUMPHOUSE_MAIL_FROM: {{ .Values.mail.from | quote }}
{{- end }}
{{- with .Values.openId }}
{{- if .issuer }}
PUMPHOUSE_OIDC_ISSUER: {{ .issuer | quote }}
PUMPHOUSE_OIDC_CLIENT_ID: {{ .clientId | quote }}
PUMPHOUSE_OIDC_SIGN_UP: {{ .signUp | quote }}
{{- with .displayName }}
PUMPHOUSE_OIDC_NAME: {{ . | quote }}
{{- end }}
{{- if .clientSecret.name }}
PUMPHOUSE_OIDC_CLIENT_SECRET_FILE: {{ printf "/etc/pumphouse/open-id/%s" .clientSecret.key | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- with .Values.metrics.tokenSecret }}
{{- if .name }}
PUMPHOUSE_METRICS_TOKEN_FILE: {{ printf "/etc/pumphouse/metrics/%s" .key | quote }}
{{- end }}
{{- end }}
{{- with .Values.openTelemetry }}
{{- if .endpoint }}
OTEL_EXPORTER_OTLP_ENDPOINT: {{ .endpoint | quote }}
OTEL_TRACES_EXPORTER: {{ ternary "otlp" "none" .traces }}
OTEL_METRICS_EXPORTER: {{ ternary "otlp" "none" .metrics }}
{{- with .resourceAttributes }}
OTEL_RESOURCE_ATTRIBUTES: {{ include "pumphouse.pairs" . | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- with .Values.openLineage.url }}
OPENLINEAGE_URL: {{ . | quote }}
{{- end }}
{{- if .Values.certificateAuthorities.configMap }}
NODE_EXTRA_CA_CERTS: {{ printf "/etc/pumphouse/certificate-authorities/%s" .Values.certificateAuthorities.key | quote }}
{{- end }}
{{- end }}

{{/* A map as `<name>=<value>` with commas between them, in which values may contain commas and spaces. */}}
{{- define "pumphouse.pairs" -}}
{{- $pairs := list -}}
{{- range $name, $value := . -}}
{{- $pairs = append $pairs (printf "%s=%s" $name (urlquery $value | replace "+" "%20")) -}}
{{- end -}}
{{- join "," $pairs -}}
{{- end }}

{{/* Settings whose values are in Secrets and that have no file variant: name, Secret, key. */}}
{{- define "pumphouse.secretSettings" -}}
{{- with .Values.secretKey }}
- [PUMPHOUSE_SECRET_KEY, {{ .name | quote }}, {{ .key | quote }}]
{{- if .otherKeysKey }}
- [PUMPHOUSE_OTHER_SECRET_KEYS, {{ .name | quote }}, {{ .otherKeysKey | quote }}]
{{- end }}
{{- end }}
{{- with .Values.blobs.s3 }}
{{- if and .url .credentialsSecret.name }}
- [PUMPHOUSE_S3_ACCESS_KEY_ID, {{ .credentialsSecret.name | quote }}, {{ .credentialsSecret.accessKeyIdKey | quote }}]
{{- end }}
{{- end }}
{{- with .Values.mail.urlSecret }}
{{- if .name }}
- [PUMPHOUSE_SMTP_URL, {{ .name | quote }}, {{ .key | quote }}]
{{- end }}
{{- end }}
{{- with .Values.openTelemetry }}
{{- if and .endpoint .headersSecret.name }}
- [OTEL_EXPORTER_OTLP_HEADERS, {{ .headersSecret.name | quote }}, {{ .headersSecret.key | quote }}]
{{- end }}
{{- end }}
{{- with .Values.openLineage }}
{{- if and .url .apiKeySecret.name }}
- [OPENLINEAGE_API_KEY, {{ .apiKeySecret.name | quote }}, {{ .apiKeySecret.key | quote }}]
{{- end }}
{{- end }}
{{- end }}

{{/* The environment of a container: (include "pumphouse.environment" (dict "root" $ "roles" "all")) */}}
{{- define "pumphouse.environment" -}}
{{- $settings := merge (include "pumphouse.settings" .root | fromYaml) .root.Values.settings -}}
- name: PUMPHOUSE_ROLES
  value: {{ .roles | quote }}
# Where other servers reach this one, for apps on workers that are connected to it.
- name: PUMPHOUSE_INTERNAL_ADDRESS
  valueFrom:
    fieldRef:
      fieldPath: status.podIP
{{- range $name, $value := $settings }}
- name: {{ $name }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- range include "pumphouse.secretSettings" .root | fromYamlArray }}
- name: {{ index . 0 }}
  valueFrom:
    secretKeyRef:
      name: {{ index . 1 | quote }}
      key: {{ index . 2 | quote }}
{{- end }}
{{- with .root.Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Patches for the pods of runs, as JSON; empty if there is nothing to patch. */}}
{{- define "pumphouse.podPatch" -}}
{{- $patch := dict -}}
{{- range $for, $one := deepCopy .Values.runs.podPatches -}}
{{- if $one }}{{ $_ := set $patch $for $one }}{{ end -}}
{{- end -}}
{{- if .Values.image.pullSecrets -}}
{{- $secrets := list -}}
{{- range .Values.image.pullSecrets }}{{ $secrets = append $secrets (dict "name" .) }}{{ end -}}
{{- $patch = merge $patch (dict "pods" (dict "spec" (dict "imagePullSecrets" $secrets))) -}}
{{- end -}}
{{- if $patch }}{{ toJson $patch }}{{ end -}}
{{- end }}
