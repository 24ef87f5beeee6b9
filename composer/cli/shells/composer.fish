# Completes composer's commands, flags and names in fish.

function __composer_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l directive 4
    set -l values
    for line in ($words[1] __complete $words[2..-1] "$current" 2> /dev/null)
        if string match -q ':*' -- $line
            set directive (string sub -s 2 -- $line)
        else
            set -a values $line
        end
    end

    set -l flag ''
    set -l typed $current
    if string match -qr '^-.*=' -- $current
        set flag (string replace -r '=.*' '=' -- $current)
        set typed (string replace -r '^[^=]*=' '' -- $current)
    end
    if test (math "bitand($directive, 16)") -ne 0
        printf '%s\n' $flag(__fish_complete_directories $typed '')
    else if test (math "bitand($directive, 8)") -ne 0
        set -l pattern '(\.('(string join '|' -- $values)')|/)(\t|$)'
        printf '%s\n' $flag(__fish_complete_path $typed | string match -r -e -- $pattern)
    else if test (count $values) -gt 0
        printf '%s\n' $flag$values
    else if test (math "bitand($directive, 4)") -eq 0
        printf '%s\n' $flag(__fish_complete_path $typed)
    end
end

complete -c composer -e
complete -c composer -f -a '(__composer_complete)'
