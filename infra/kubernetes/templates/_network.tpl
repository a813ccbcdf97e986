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
        {{- range $policy.redis.ports }}
        - { protocol: TCP, port: {{ . }} }
        {{- end }}
    {{- end }}
    {{- if and .sendsTraces .root.Values.tracing.endpoint }}
    - {{- with .root.Values.tracing.to }}
      to:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        - { protocol: TCP, port: {{ .root.Values.tracing.port }} }
    {{- end }}
    {{- with .to }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}
{{- end -}}
