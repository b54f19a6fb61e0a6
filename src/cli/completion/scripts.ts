/**
 * What a shell sources. All of them ask `encaudit __complete -- WORD… CURRENT`, so that the answers are those of the version that is installed: the first line is
 * `:kind:prefix` (see Completion), each further one a candidate, a tab and what it means. They run the encaudit of the PATH, never ./encaudit: pressing Tab in
 * somebody's checkout must not run what lies there.
 */
export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** Bash from 3.2 on, which macOS has: no negative index, no mapfile, perhaps no compopt. */
const bash = `# Completion of encaudit for bash. Try it: source <(encaudit completion bash)
# Keep it:  encaudit completion bash > ~/.local/share/bash-completion/completions/encaudit
_encaudit() {
  local IFS=$' \\t\\n' line=\${COMP_LINE:0:COMP_POINT} cur='' quote='' out kind prefix cut='' breaks='' word rest
  local -a before
  COMPREPLY=()
  read -ra before <<<"$line"
  while [[ \${#before[@]} -gt 1 && \${before[0]} != "\${COMP_WORDS[0]}" ]]; do before=("\${before[@]:1}"); done
  if [[ $line != *[[:space:]] ]]; then
    cur=\${before[\${#before[@]} - 1]}
    unset "before[\${#before[@]} - 1]"
  fi
  if [[ $cur == [\\"\\']* ]]; then
    quote=\${cur:0:1}
    cur=\${cur:1}
  else
    cur=\${cur//\\\\/}
    # Bash replaces only what stands behind the last of these.
    for word in : =; do [[ $COMP_WORDBREAKS == *$word* ]] && breaks+=$word; done
    [[ -n $breaks ]] && cut=\${cur%"\${cur##*[$breaks]}"}
  fi
  out=$(command encaudit __complete -- "\${before[@]:1}" "$cur" 2>/dev/null) || return 0
  kind=\${out%%$'\\n'*}
  kind=\${kind#:}
  prefix=\${kind#*:}
  kind=\${kind%%:*}
  case $kind in
    files | folders)
      type compopt >/dev/null 2>&1 && compopt -o filenames 2>/dev/null
      rest=\${cur#"$prefix"}
      prefix=\${prefix#"$cut"}
      [[ $kind == folders ]] && kind=-d || kind=-f
      while IFS= read -r word; do COMPREPLY+=("$prefix$word"); done < <(compgen "$kind" -- "$rest")
      ;;
    *)
      [[ $kind == partial ]] && type compopt >/dev/null 2>&1 && compopt -o nospace 2>/dev/null
      while IFS=$'\\t' read -r word rest; do
        [[ -n $word && $word != :*:* ]] || continue
        word=\${word#"$cut"}
        [[ -n $quote ]] || printf -v word %q "$word"
        COMPREPLY+=("$word")
      done <<<"$out"
      ;;
  esac
  return 0
}
complete -F _encaudit encaudit
`;

const zsh = `#compdef encaudit
# Completion of encaudit for zsh. Try it: source <(encaudit completion zsh)
# Keep it:  encaudit completion zsh > "\${fpath[1]}/_encaudit"
_encaudit() {
  local -a before lines values
  local kind prefix line
  before=("\${(@Q)words[2,CURRENT-1]}")
  lines=("\${(@f)$(command encaudit __complete -- "\${before[@]}" "\${(Q)PREFIX}" 2>/dev/null)}")
  kind=\${\${lines[1]#:}%%:*}
  prefix=\${\${lines[1]#:}#*:}
  case $kind in
    files)
      [[ -n $prefix ]] && compset -P "\${(b)prefix}"
      _files
      ;;
    folders)
      [[ -n $prefix ]] && compset -P "\${(b)prefix}"
      _files -/
      ;;
    words | partial)
      for line in "\${lines[@]:1}"; do
        [[ -n $line ]] && values+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
      done
      [[ $PREFIX == -* ]] && kind+=-option
      case $kind in
        partial*) _describe encaudit values -S '' ;;
        words-option) _describe -o encaudit values ;;
        *) _describe encaudit values ;;
      esac
      ;;
  esac
}
if [[ $funcstack[1] == _encaudit ]]; then
  _encaudit "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
  compdef _encaudit encaudit
fi
`;

const fish = `# Completion of encaudit for fish. Try it: encaudit completion fish | source
# Keep it:  encaudit completion fish > ~/.config/fish/completions/encaudit.fish
function __encaudit_complete
    set -l before (commandline -opc)
    set -e before[1]
    set -l current (commandline -ct | string unescape)
    set -l out (command encaudit __complete -- $before "$current" 2>/dev/null)
    set -l head (string split -m 2 : -- $out[1])
    set -l rest (string sub -s (math (string length -- "$head[3]") + 1) -- "$current")
    switch "$head[2]"
        case files
            for path in (__fish_complete_path "$rest")
                echo -- "$head[3]$path"
            end
        case folders
            for path in (__fish_complete_directories "$rest")
                echo -- "$head[3]$path"
            end
        case '*'
            set -e out[1]
            printf '%s\\n' $out
    end
end
complete -c encaudit -f -k -a '(__encaudit_complete)'
`;

export const scripts: Readonly<Record<Shell, string>> = { bash, zsh, fish };
