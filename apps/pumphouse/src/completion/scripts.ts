/**
 * The scripts of the shells. Each gives the words up to the cursor to `pumphouse __complete`, which prints a
 * candidate a line: its value, a tab, and its description. Without a candidate the shell completes files.
 */
export const completionScripts = {
  bash: `# Completion of pumphouse in bash: source <(pumphouse completion bash)
_pumphouse() {
  local value description
  COMPREPLY=()
  while IFS=$'\\t' read -r value description; do
    printf -v value %q "$value"
    COMPREPLY+=("$value")
  done < <(pumphouse __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _pumphouse pumphouse
`,
  zsh: `#compdef pumphouse
# Completion of pumphouse in zsh: pumphouse completion zsh > "\${fpath[1]}/_pumphouse"
_pumphouse() {
  local -a candidates
  local line
  for line in "\${(@f)$(pumphouse __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -n $line ]] && candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  if (( \${#candidates} )); then
    _describe pumphouse candidates
  else
    _files
  fi
}
if [[ \${funcstack[1]} == _pumphouse ]]; then
  _pumphouse "$@"
else
  compdef _pumphouse pumphouse
fi
`,
  fish: `# Completion of pumphouse in fish: pumphouse completion fish > ~/.config/fish/completions/pumphouse.fish
function __pumphouse_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l candidates (pumphouse __complete -- $words[2..] "$current" 2>/dev/null)
    if test (count $candidates) -gt 0
        printf '%s\\n' $candidates
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c pumphouse -f -a '(__pumphouse_complete)'
`,
} as const;
