{{/*
The routes in `config.files` whose calls may take longer than a consumer has to drain, as a dictionary in JSON: by their
ids, { delivery, timeoutMs }. What is no route is left to the services, which refuse it with a reason.
*/}}
{{- define "millrace.routesBeyondDrain" -}}
{{- $beyond := dict -}}
{{- $files := include "millrace.configFiles" . | fromJson -}}
{{- $routes := get (get $files "routes.yaml" | default "" | fromYaml) "routes" -}}
{{- if kindIs "slice" $routes -}}
{{- range $routes -}}
{{- if kindIs "map" . -}}
{{- $timeout := get . "timeout" | default "30s" | toString -}}
{{- if regexMatch "^[0-9]{1,9}(ms|s|m|h)$" $timeout -}}
{{- $unitMs := get (dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000) (regexFind "[a-z]+$" $timeout) -}}
{{- $timeoutMs := mul (regexFind "^[0-9]+" $timeout | int64) $unitMs -}}
{{- if ge $timeoutMs (mul $.Values.consumer.drainSeconds 1000) -}}
{{- $_ := set $beyond (get . "id" | toString) (dict "delivery" (get . "delivery" | toString) "timeoutMs" $timeoutMs) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $beyond -}}
{{- end -}}

{{/* Refuses a drain that cuts calls whose outcome would be lost by it, where a longer one, of 600 s at most, would not. */}}
{{- define "millrace.checkDrain" -}}
{{- range $id, $route := include "millrace.routesBeyondDrain" . | fromJson -}}
{{- if and (eq $route.delivery "at-most-once") (lt (int64 $route.timeoutMs) 600000) -}}
{{- fail (printf "consumer.drainSeconds: %d s are not more than the timeout of the at-most-once route %s, %d ms: a call that is cut is a dead letter, its outcome unknown" (int $.Values.consumer.drainSeconds) $id (int64 $route.timeoutMs)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
