/** Scripts of shells that complete a command line: each asks `tract complete` and knows nothing of the commands itself. */
export const completionScripts = {
  bash: `# bash completion of tract: eval "$(tract completion bash)", or a file in
# ~/.local/share/bash-completion/completions/tract
_tract() {
  local word about current="\${COMP_WORDS[COMP_CWORD]}"
  [[ $current == "=" ]] && current=""
  COMPREPLY=()
  while IFS=$'\\t' read -r word about; do
    case "$word" in
      :files)
        compopt -o filenames 2>/dev/null
        while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$current")
        ;;
      *=)
        compopt -o nospace 2>/dev/null
        COMPREPLY+=("$word")
        ;;
      *) COMPREPLY+=("$word") ;;
    esac
  done < <("\${COMP_WORDS[0]}" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _tract tract
`,
  zsh: `#compdef tract
# zsh completion of tract: eval "$(tract completion zsh)" after compinit, or a
# file named _tract in a folder of $fpath
_tract() {
  local word about
  local -a found open
  local -i files=0
  while IFS=$'\\t' read -r word about; do
    case "$word" in
      :files) files=1 ;;
      *=) open+=("$word") ;;
      *) found+=("\${word//:/\\\\:}\${about:+:$about}") ;;
    esac
  done < <("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  (( $#found )) && _describe tract found
  (( $#open )) && compadd -S '' -a open
  (( files )) && _files
}
if [[ "\${funcstack[1]}" == _tract ]]; then _tract "$@"; else compdef _tract tract; fi
`,
  fish: `# fish completion of tract: tract completion fish | source, or a file
# ~/.config/fish/completions/tract.fish
function __tract_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] complete -- $words[2..-1] 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c tract -f -a '(__tract_complete)'
`,
} as const;
