# Completes composer's commands, flags and names in bash, 3.2 or newer.
#
# bash cuts words at : and =, which belong to a word here, and wants of an answer what comes
# behind its last cut: so words are put together first, and answers cut at the end.

_composer() {
    local line=${COMP_LINE:0:COMP_POINT} words=() word i
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if ((i > 0)) && [[ $line != [[:space:]]* ]]; then
            words[${#words[@]} - 1]+=$word
        else
            words+=("$word")
        fi
        line=${line#"${line%%[![:space:]]*}"}
        ((i == COMP_CWORD)) && words[${#words[@]} - 1]=${words[${#words[@]} - 1]%"$word"}$line
        line=${line#"$word"}
    done

    local current=${words[${#words[@]} - 1]} piece=${COMP_WORDS[COMP_CWORD]}
    [[ $piece == [:=] ]] && piece=
    local program=${words[0]} values=() texts=() directive=4
    [[ $program == "~/"* ]] && program=$HOME/${program#"~/"}
    while IFS= read -r line; do
        if [[ $line == :* ]]; then
            directive=${line#:}
        else
            values+=("${line%%$'\t'*}")
            texts+=("${line#"${line%%$'\t'*}"}")
        fi
    done < <("$program" __complete "${words[@]:1}" 2> /dev/null)

    local flag=
    if [[ $current == -*=* ]]; then
        [[ $piece == "$current" ]] && flag=${current%%=*}=
        current=${current#*=}
    fi
    local cut=${current%"$piece"}
    [[ -n $flag ]] && cut=
    COMPREPLY=()
    if ((directive & 16)); then
        while IFS= read -r line; do COMPREPLY+=("$flag$line"); done < <(compgen -d -- "$current")
        compopt -o filenames 2> /dev/null
    elif ((directive & 8)); then
        local ending
        for ending in "${values[@]}"; do
            while IFS= read -r line; do
                [[ $line == *."$ending" ]] && COMPREPLY+=("$flag$line")
            done < <(compgen -f -- "$current")
        done
        while IFS= read -r line; do COMPREPLY+=("$flag$line"); done < <(compgen -d -- "$current")
        compopt -o filenames 2> /dev/null
    else
        for i in "${!values[@]}"; do
            line=$flag${values[i]#"$cut"}
            # Two tabs list: there is room to say what the words mean.
            if ((COMP_TYPE == 63 && ${#values[@]} > 1)) && [[ -n ${texts[i]} ]]; then
                line="$line  (${texts[i]#$'\t'})"
            fi
            COMPREPLY+=("$line")
        done
        if ((${#values[@]} == 0 && !(directive & 4))); then
            while IFS= read -r line; do COMPREPLY+=("$flag$line"); done < <(compgen -f -- "$current")
            compopt -o filenames 2> /dev/null
        fi
    fi
    ((directive & 2)) && compopt -o nospace 2> /dev/null
    return 0
}

complete -F _composer composer
