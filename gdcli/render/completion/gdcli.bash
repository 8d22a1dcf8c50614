# Completion of gdcli for bash: source this, or `gdcli --install-completion bash`.
_gdcli() {
    COMPREPLY=()
    local candidate
    while IFS= read -r candidate; do
        COMPREPLY+=("$candidate")
    done < <(_GDCLI_COMPLETE=bash _GDCLI_LINE="${COMP_LINE:0:COMP_POINT}" _GDCLI_BREAKS="$COMP_WORDBREAKS" \
        "${COMP_WORDS[0]}" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[/:=,] ]]; then
        compopt -o nospace
    fi
}
complete -o nosort -F _gdcli gdcli 2>/dev/null || complete -F _gdcli gdcli
