#compdef gdcli
# Completion of gdcli for zsh: source this, or `gdcli --install-completion zsh`.
_gdcli() {
    local line word
    local -a whole open
    for line in "${(@f)$(_GDCLI_COMPLETE=zsh "${(Q)words[1]}" "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}"; do
        word="${line%%$'\t'*}"
        [[ -n $word ]] || continue
        if [[ $word == *[/:=,] ]]; then
            open+=("${word//:/\\:}:${line#*$'\t'}")
        else
            whole+=("${word//:/\\:}:${line#*$'\t'}")
        fi
    done
    _describe -V gdcli whole -- open -S ''
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }
compdef _gdcli gdcli
