#compdef composer
# Completes composer's commands, flags and names in zsh.

_composer() {
    local -a lines values
    local line directive=4 word text
    local -a asked=("${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}")
    lines=("${(@f)$(${(Q)words[1]/#\~\//$HOME/} __complete "${asked[@]}" 2> /dev/null)}")
    for line in "${lines[@]}"; do
        if [[ $line == :* ]]; then
            directive=${line#:}
        elif [[ -n $line ]]; then
            word=${line%%$'\t'*}
            text=${line#$word}
            values+=("${word//:/\\:}${text:+:${text#$'\t'}}")
        fi
    done

    [[ $PREFIX == -*=* ]] && compset -P '*='
    if ((directive & 16)); then
        _files -/
    elif ((directive & 8)); then
        _files -g "*.(${(j:|:)values})"
    elif ((${#values} == 0)); then
        ((directive & 4)) || _files
    elif ((directive & 2)); then
        _describe -V 'composer' values -S ''
    else
        _describe -V 'composer' values
    fi
}

if [[ $funcstack[1] == _composer ]]; then
    _composer "$@"
else
    compdef _composer composer
fi
