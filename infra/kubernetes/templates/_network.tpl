{{/*
What a component may be reached by and may reach. Given, besides { root, component }:
  from  network policy peers that may reach its port, besides whoever reads metrics
  to    network policy rules, besides DNS and Redis
  usesRedis, sendsTraces
An empty list of peers would mean everybody, so a rule without peers is left out.
*/}}
{{- define "millrace.networkPolicy" -}}
{{- $policy := .root.Values.networkPolicy -}}
{{- if $policy.enabled -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "millrace.metadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "millrace.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  {{- with concat (.from | default list) $policy.monitoringFrom }}
  ingress:
    - from:
        {{- toYaml . | nindent 8 }}
      ports:
        - { protocol: TCP, port: http }
  {{- end }}
  egress:
    - to:
        - {{- toYaml $policy.dns | nindent 10 }}
      ports:
        - { protocol: UDP, port: 53 }
        - { protocol: TCP, port: 53 }
    {{- if .usesRedis }}
    - {{- with $policy.redis.to }}
      to:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        {{- range include "millrace.redisPorts" .root | fromJsonArray }}
        - { protocol: TCP, port: {{ . }} }
        {{- end }}
    {{- end }}
    {{- if and .sendsTraces .root.Values.tracing.endpoint }}
    - {{- with .root.Values.tracing.to }}
      to:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        - { protocol: TCP, port: {{ include "millrace.tracingPort" .root }} }
    {{- end }}
    {{- with .to }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}
{{- end -}}

{{/* The ports of Redis, in order, as a list in JSON: those of the values, of the Sentinels and of the nodes. */}}
{{- define "millrace.redisPorts" -}}
{{- $ports := list -}}
{{- range .Values.networkPolicy.redis.ports }}{{ $ports = append $ports (int .) }}{{ end -}}
{{- range concat .Values.redis.sentinels .Values.redis.clusterNodes -}}
{{- $ports = append $ports (regexFind "[0-9]+$" . | int) -}}
{{- end -}}
{{- $byText := dict -}}
{{- range $ports }}{{ $_ := set $byText (printf "%05d" .) . }}{{ end -}}
{{- $sorted := list -}}
{{- range $_, $port := $byText }}{{ $sorted = append $sorted $port }}{{ end -}}
{{- toJson $sorted -}}
{{- end -}}

{{/* The port of the collector: the one in its URL, or else that of its scheme. */}}
{{- define "millrace.tracingPort" -}}
{{- $url := urlParse .Values.tracing.endpoint -}}
{{- regexFind ":[0-9]+$" $url.host | trimPrefix ":" | default (eq $url.scheme "https" | ternary "443" "80") -}}
{{- end -}}
