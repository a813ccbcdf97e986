{{/* The mock clouds of the demonstration and their ports, as a dictionary in JSON. */}}
{{- define "millrace.clouds" -}}
{{ dict "aws" 4001 "gcp" 4002 "azure" 4003 | toJson }}
{{- end -}}
