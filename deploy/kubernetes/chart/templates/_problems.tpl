{{/* Rejects values that cannot work, all at once, each with the next step. The schema rejects wrong types. */}}
{{- define "pumphouse.checkValues" -}}
{{- $problems := list -}}
{{- $ns := .Release.Namespace -}}
{{- with .Values -}}
{{- if not .image.registry -}}
{{- $problems = append $problems "image.registry: set it to the registry that has your images, such as registry.example.com/team." -}}
{{- end -}}
{{- if not .publicUrl -}}
{{- $problems = append $problems "publicUrl: set it to the address for users and clients, such as https://pumphouse.example.com." -}}
{{- end -}}
{{- if not .database.url -}}
{{- $problems = append $problems "database.url: set it to an external Postgres, such as postgres://pumphouse@postgres.example.com:5432/pumphouse?sslmode=verify-full." -}}
{{- end -}}
{{- if contains ":" (urlParse .database.url).userinfo -}}
{{- $problems = append $problems "database.url: remove the password. It belongs into the Secret of database.passwordSecret." -}}
{{- end -}}
{{- if not .database.passwordSecret.name -}}
{{- $problems = append $problems (printf "database.passwordSecret.name: create the Secret with `kubectl -n %s create secret generic pumphouse-database --from-file=%s=FILE` and set its name." $ns .database.passwordSecret.key) -}}
{{- end -}}
{{- if not .secretKey.name -}}
{{- $problems = append $problems (printf "secretKey.name: create the Secret once with `kubectl -n %s create secret generic pumphouse-secret-key --from-literal=%s=\"$(openssl rand -base64 48)\"`, keep a copy, and set its name." $ns .secretKey.key) -}}
{{- end -}}
{{- if and .firstOwner.email (not .firstOwner.passwordSecret.name) -}}
{{- $problems = append $problems (printf "firstOwner.passwordSecret.name: create the Secret with `kubectl -n %s create secret generic pumphouse-first-owner --from-file=%s=FILE` and set its name." $ns .firstOwner.passwordSecret.key) -}}
{{- end -}}
{{- if and .mail.urlSecret.name (not .mail.from) -}}
{{- $problems = append $problems "mail.from: set the address that mail comes from, such as pumphouse@example.com." -}}
{{- end -}}
{{- if and .blobs.movesToS3 (not .blobs.s3.url) -}}
{{- $problems = append $problems "blobs.s3.url: set the bucket that the blobs are moved to." -}}
{{- end -}}
{{- if and .autoscaling.enabled (ne .mode "roles") -}}
{{- $problems = append $problems "autoscaling.enabled: set mode to roles, because only supervisors are scaled." -}}
{{- end -}}
{{- if and .autoscaling.enabled (gt (int .autoscaling.minReplicas) (int .autoscaling.maxReplicas)) -}}
{{- $problems = append $problems "autoscaling.minReplicas: set it to autoscaling.maxReplicas or less." -}}
{{- end -}}
{{- if lt (int .shutdown.graceSeconds) (add 30 .shutdown.delaySeconds | int) -}}
{{- $problems = append $problems "shutdown.graceSeconds: set it to at least 30 more than shutdown.delaySeconds, or servers are killed while they stop." -}}
{{- end -}}
{{- if and .ingress.enabled .gateway.enabled -}}
{{- $problems = append $problems "gateway.enabled: enable either the Ingress or the Gateway API." -}}
{{- end -}}
{{- if and .gateway.enabled (not .gateway.parentRefs) -}}
{{- $problems = append $problems "gateway.parentRefs: name the Gateway, such as [{name: public, namespace: gateways}]." -}}
{{- end -}}
{{- if and .externalSecrets.enabled (not .externalSecrets.store.name) -}}
{{- $problems = append $problems "externalSecrets.store.name: name the SecretStore or ClusterSecretStore." -}}
{{- end -}}
{{- if eq (include "pumphouse.runsNamespace" $) $ns -}}
{{- $problems = append $problems (printf "runs.namespace.name: choose another namespace than %s, because runs must not reach Secrets of the servers." $ns) -}}
{{- end -}}
{{- end -}}
{{- $own := include "pumphouse.settings" . | fromYaml | keys -}}
{{- range $name := keys .Values.settings | sortAlpha -}}
{{- if has $name $own -}}
{{- $problems = append $problems (printf "settings.%s: the chart sets it from another value; docs/operate/kubernetes-values.md lists them." $name) -}}
{{- end -}}
{{- end -}}
{{- if $problems -}}
{{- fail (printf "\n\nThe values are not complete:\n- %s\n" (join "\n- " $problems)) -}}
{{- end -}}
{{- end }}
