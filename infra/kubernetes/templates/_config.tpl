{{/*
The files of the configuration folder, by path, as a dictionary in JSON: those of the values, and under them, in the
demonstration, the repository's own.
*/}}
{{- define "millrace.configFiles" -}}
{{- $files := deepCopy .Values.config.files -}}
{{- if .Values.demo.enabled -}}
{{- range $path, $content := .Files.Glob "files/config/**" -}}
{{- $name := trimPrefix "files/config/" $path -}}
{{- if not (hasKey $files $name) }}{{ $_ := set $files $name (toString $content) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- toJson $files -}}
{{- end -}}

{{/*
The volume of the configuration folder, over the one in the image. Mounted whole and never file by file (`subPath`), which
would not follow a change.
*/}}
{{- define "millrace.configVolume" -}}
{{- $own := .Values.config.configMap -}}
{{- $items := list -}}
{{- range $path, $_ := include "millrace.configFiles" . | fromJson -}}
{{- $items = append $items (dict "key" (replace "/" ".." $path) "path" $path) -}}
{{- end -}}
{{- $source := dict "name" (printf "%s-config" .Release.Name) "items" $items -}}
{{- if $own.name }}{{ $source = dict "name" $own.name }}{{ with $own.items }}{{ $_ := set $source "items" . }}{{ end }}{{ end -}}
{{- dict "name" "config" "mountPath" "/app/config" "source" (dict "configMap" $source) | toJson -}}
{{- end -}}
