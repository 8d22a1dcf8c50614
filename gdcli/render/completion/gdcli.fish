# Completion of gdcli for fish: source this, or `gdcli --install-completion fish`.
function __gdcli_candidates
    set -l words (commandline -opc)
    set -lx _GDCLI_COMPLETE fish
    command $words[1] $words[2..-1] (commandline -ct) 2>/dev/null
end
complete -c gdcli -f -k -a '(__gdcli_candidates)'
