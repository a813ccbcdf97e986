/** Shells that can be told how to complete. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * What each shell reads once. At every Tab it asks `millrace complete -- …` for lines of a word, a tab and what the word is about;
 * where there are none it completes files. What was typed is handed on as it is, and never evaluated.
 */
export const SHELL_SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `_millrace() {
  local word
  COMPREPLY=()
  while IFS=$'\\t' read -r word _; do
    COMPREPLY+=("$word")
  done < <(millrace complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2> /dev/null)
}
complete -o default -F _millrace millrace`,
  zsh: `#compdef millrace
_millrace() {
  local word about
  local -a found
  while IFS=$'\\t' read -r word about; do
    found+=("\${word//:/\\\\:}:$about")
  done < <(millrace complete -- "\${(@)words[2,CURRENT]}" 2> /dev/null)
  if (( \${#found} )); then _describe millrace found; else _files; fi
}
compdef _millrace millrace`,
  fish: `function __millrace_complete
  set -l words (commandline --current-process --tokenize --cut-at-cursor)
  millrace complete -- $words[2..-1] (commandline --current-token --cut-at-cursor) 2> /dev/null
end
complete --command millrace --arguments '(__millrace_complete)'`,
};
