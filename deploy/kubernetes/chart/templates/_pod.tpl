{{/* What the pods of servers and of the first owner's Job have in common. */}}

{{- define "pumphouse.podSecurity" -}}
runAsNonRoot: true
# The user of the image.
runAsUser: 60901
runAsGroup: 60901
fsGroup: 60901
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "pumphouse.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "pumphouse.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
{{- end }}

{{- define "pumphouse.mounts" -}}
- name: data
  mountPath: /data
- name: tmp
  mountPath: /tmp
- name: database
  mountPath: /etc/pumphouse/database
  readOnly: true
{{- if include "pumphouse.usesBlobsVolume" . }}
- name: blobs
  mountPath: /blobs
{{- end }}
{{- if and .Values.blobs.s3.url .Values.blobs.s3.credentialsSecret.name }}
- name: s3
  mountPath: /etc/pumphouse/s3
  readOnly: true
{{- end }}
{{- if and .Values.openId.issuer .Values.openId.clientSecret.name }}
- name: open-id
  mountPath: /etc/pumphouse/open-id
  readOnly: true
{{- end }}
{{- if .Values.metrics.tokenSecret.name }}
- name: metrics
  mountPath: /etc/pumphouse/metrics
  readOnly: true
{{- end }}
{{- if .Values.certificateAuthorities.configMap }}
- name: certificate-authorities
  mountPath: /etc/pumphouse/certificate-authorities
  readOnly: true
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "pumphouse.databaseVolume" -}}
- name: database
  secret:
    secretName: {{ .Values.database.passwordSecret.name | quote }}
    items:
      - key: {{ .Values.database.passwordSecret.key | quote }}
        path: {{ .Values.database.passwordSecret.key | quote }}
{{- end }}

{{- define "pumphouse.certificatesVolume" -}}
{{- if .Values.certificateAuthorities.configMap }}
- name: certificate-authorities
  configMap:
    name: {{ .Values.certificateAuthorities.configMap | quote }}
{{- end }}
{{- end }}

{{- define "pumphouse.volumes" -}}
# Only uploads that are being received: all else is in the database and the blobs.
- name: data
  emptyDir:
    sizeLimit: 10Gi
- name: tmp
  emptyDir:
    sizeLimit: 256Mi
{{ include "pumphouse.databaseVolume" . | trim }}
{{- if include "pumphouse.usesBlobsVolume" . }}
- name: blobs
  persistentVolumeClaim:
    claimName: {{ include "pumphouse.blobsClaim" . }}
{{- end }}
{{- with .Values.blobs.s3 }}
{{- if and .url .credentialsSecret.name }}
- name: s3
  secret:
    secretName: {{ .credentialsSecret.name | quote }}
    items:
      - key: {{ .credentialsSecret.secretAccessKeyKey | quote }}
        path: {{ .credentialsSecret.secretAccessKeyKey | quote }}
{{- end }}
{{- end }}
{{- if and .Values.openId.issuer .Values.openId.clientSecret.name }}
- name: open-id
  secret:
    secretName: {{ .Values.openId.clientSecret.name | quote }}
{{- end }}
{{- with .Values.metrics.tokenSecret }}
{{- if .name }}
- name: metrics
  secret:
    secretName: {{ .name | quote }}
    items:
      - key: {{ .key | quote }}
        path: {{ .key | quote }}
{{- end }}
{{- end }}
{{- with include "pumphouse.certificatesVolume" . | trim }}
{{ . }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Spreads the servers of one kind: (include "pumphouse.scheduling" (dict "root" $ "labels" labels)) */}}
{{- define "pumphouse.scheduling" -}}
{{- $labels := .labels -}}
{{- with .root.Values.scheduling -}}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
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
{{- $spread := .topologySpreadConstraints | default (list
  (dict "maxSkew" 1 "topologyKey" "topology.kubernetes.io/zone" "whenUnsatisfiable" "ScheduleAnyway")
  (dict "maxSkew" 1 "topologyKey" "kubernetes.io/hostname" "whenUnsatisfiable" "ScheduleAnyway")) }}
topologySpreadConstraints:
{{- range $spread }}
  - {{ merge (dict "labelSelector" (dict "matchLabels" $labels)) . | toYaml | nindent 4 | trim }}
{{- end }}
{{- end }}
{{- end }}
