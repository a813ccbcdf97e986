{{/*
The pod of one service: all that its security rests on, and everything that the services have in common.
Given, besides { root, component }:
  image         the name of the image
  resources     of the container
  port          that it listens on; probes and metrics are there too
  env           names and plain values
  secrets       names of settings, each { secret, key } or { configMap, key }: mounted as files, named by NAME_FILE
  files         names of settings that are paths, likewise
  graceSeconds  from the signal to stop until the pod is killed
  delaySeconds  before that signal
  volumes       more of them, each { name, mountPath, source }
*/}}
{{- define "millrace.pod" -}}
{{- $pods := .root.Values.pods -}}
metadata:
  labels:
    {{- include "millrace.labels" . | nindent 4 }}
  {{- with $pods.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ .root.Release.Name }}
  automountServiceAccountToken: false
  # A service named producer would set PRODUCER_PORT to tcp://…, and the producer would take it for its own.
  enableServiceLinks: false
  {{- if not $pods.hostUsers }}
  hostUsers: false
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 1000
    runAsGroup: 1000
    fsGroup: 1000
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: { type: RuntimeDefault }
  terminationGracePeriodSeconds: {{ add .graceSeconds (.delaySeconds | default 0) }}
  {{- with .root.Values.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  {{- with $pods.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with $pods.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $pods.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  topologySpreadConstraints:
    {{- range $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
    - maxSkew: 1
      topologyKey: {{ $key }}
      whenUnsatisfiable: {{ $pods.spread }}
      labelSelector:
        matchLabels:
          {{- include "millrace.selector" $ | nindent 10 }}
      # The pods of a rollout are spread by themselves, or the old ones would be in their way.
      matchLabelKeys: [pod-template-hash]
    {{- end }}
  containers:
    - name: {{ .component }}
      image: {{ include "millrace.image" . }}
      imagePullPolicy: {{ .root.Values.image.pullPolicy }}
      securityContext:
        allowPrivilegeEscalation: false
        privileged: false
        readOnlyRootFilesystem: true
        capabilities: { drop: [ALL] }
      ports:
        - { name: http, containerPort: {{ .port }}, protocol: TCP }
      env:
        {{- include "millrace.env" . | trim | nindent 8 }}
      resources:
        {{- toYaml .resources | nindent 8 }}
      # A service waits up to 30 seconds for Redis before it listens, and then says why it could not start.
      startupProbe:
        httpGet: { path: /livez, port: http }
        periodSeconds: 2
        timeoutSeconds: 2
        failureThreshold: 30
      livenessProbe:
        httpGet: { path: /livez, port: http }
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet: { path: /readyz, port: http }
        periodSeconds: 5
        timeoutSeconds: 3
        failureThreshold: 2
      {{- with .delaySeconds }}
      # Whoever sends hears of the stop later than the pod does: until then it goes on as if nothing were.
      lifecycle:
        preStop:
          sleep: { seconds: {{ . }} }
      {{- end }}
      volumeMounts:
        - { name: tmp, mountPath: /tmp }
        {{- if or .secrets .files }}
        - { name: secrets, mountPath: /run/secrets/millrace, readOnly: true }
        {{- end }}
        {{- range .volumes }}
        - { name: {{ .name }}, mountPath: {{ .mountPath }}, readOnly: {{ not .writable }} }
        {{- end }}
  volumes:
    - name: tmp
      emptyDir: { medium: Memory, sizeLimit: 16Mi }
    {{- if or .secrets .files }}
    - name: secrets
      projected:
        # 0440: for the group of the pod, and nobody else.
        defaultMode: 288
        sources:
          {{- range $name, $from := merge dict (.secrets | default dict) (.files | default dict) }}
          - {{ if $from.secret }}secret{{ else }}configMap{{ end }}:
              name: {{ $from.secret | default $from.configMap }}
              items:
                - { key: {{ $from.key | quote }}, path: {{ $name }} }
          {{- end }}
    {{- end }}
    {{- range .volumes }}
    - name: {{ .name }}
      {{- toYaml .source | nindent 6 }}
    {{- end }}
{{- end -}}

{{- define "millrace.image" -}}
{{- $image := .root.Values.image -}}
{{- $name := .image | default .component -}}
{{- with get $image.digests $name -}}
{{ printf "%s/%s@%s" $image.repository $name . }}
{{- else -}}
{{ printf "%s/%s:%s" $image.repository $name ($image.tag | default .root.Chart.AppVersion) }}
{{- end -}}
{{- end -}}

{{/* One variable a line, by name: a chart that is rendered again restarts nothing. */}}
{{- define "millrace.env" -}}
{{- $env := merge dict .env (.settings | default dict) .root.Values.settings (dict "MILLRACE_HOST" "0.0.0.0") -}}
{{- range $name, $_ := .secrets }}{{ $_ := set $env (printf "%s_FILE" $name) (printf "/run/secrets/millrace/%s" $name) }}{{ end -}}
{{- range $name, $_ := .files }}{{ $_ := set $env $name (printf "/run/secrets/millrace/%s" $name) }}{{ end -}}
{{- range $name, $value := $env }}
{{- /* A number has come through JSON, and a large one would be written as 1e+06. */}}
- { name: {{ $name }}, value: {{ kindIs "float64" $value | ternary (int64 $value) $value | toString | quote }} }
{{- end }}
{{- end -}}

{{/* The settings about Redis that are secrets, for one service, as a dictionary in JSON. */}}
{{- define "millrace.redisSecrets" -}}
{{- $redis := .root.Values.redis -}}
{{- $secrets := dict "REDIS_URL" (dict "secret" $redis.secret "key" (get $redis.keys .component)) -}}
{{- with $redis.tlsCa }}{{ $_ := set $secrets "REDIS_TLS_CA" . }}{{ end -}}
{{- with $redis.sentinelPassword }}{{ $_ := set $secrets "REDIS_SENTINEL_PASSWORD" . }}{{ end -}}
{{- toJson $secrets -}}
{{- end -}}

{{/* The settings about Redis that are not, likewise. */}}
{{- define "millrace.redisEnv" -}}
{{- $env := dict -}}
{{- with .root.Values.redis.clusterNodes }}{{ $_ := set $env "REDIS_CLUSTER_NODES" (join "," .) }}{{ end -}}
{{- with .root.Values.redis.sentinels }}{{ $_ := set $env "REDIS_SENTINELS" (join "," .) }}{{ end -}}
{{- toJson $env -}}
{{- end -}}

{{/* Where traces go, if anywhere, likewise. */}}
{{- define "millrace.tracingEnv" -}}
{{- $env := dict -}}
{{- with .Values.tracing.endpoint }}{{ $_ := set $env "OTEL_EXPORTER_OTLP_ENDPOINT" . }}{{ end -}}
{{- toJson $env -}}
{{- end -}}
