# Completions of osler for bash: source this, or install it as
# /usr/share/bash-completion/completions/osler.
# shellcheck shell=bash

_osler_options() {
    case $1 in
    index) echo " --full --dry-run --wait --watch --include --exclude --format --language --fold-acronyms --store --pairs --memory --optimize --reorder --keep --check-queries --check-qrels --min-recall --top --index --threads --quiet --verbose --json --color --help" ;;
    search) echo " --count --snippet --context --explain --top --offset --by-document --since --until --evidence --audience --document --language --ranking --k1 --b --with --without --no-proximity --no-expand --strict --generation --feedback --like --facets --sort --index --threads --quiet --verbose --json --color --help" ;;
    show) echo " --context --generation --index --threads --quiet --verbose --json --color --help" ;;
    stats) echo " --terms --top --generation --index --threads --quiet --verbose --json --color --help" ;;
    suggest) echo " --top --index --threads --quiet --verbose --json --color --help" ;;
    batch) echo " --format --input --tag --top --offset --by-document --since --until --evidence --audience --document --language --ranking --k1 --b --with --without --no-proximity --no-expand --strict --generation --feedback --like --facets --sort --index --threads --quiet --verbose --json --color --help" ;;
    eval) echo " --measure --by-query --complete --compare --index --threads --quiet --verbose --json --color --help" ;;
    diff) echo " --from --to --html --queries --top --by-document --input --index --threads --quiet --verbose --json --color --help" ;;
    check) echo " --repair --reindex --index --threads --quiet --verbose --json --color --help" ;;
    bench) echo " --warm --rounds --mode --analysed --ranking --k1 --b --index --threads --quiet --verbose --json --color --help" ;;
    esac
}

_osler() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "index search show stats suggest batch eval bench check diff --help --version" -- "$word")
        return
    fi
    case $before in
    -i | --index)
        mapfile -t COMPREPLY < <(compgen -d -- "$word")
        return
        ;;
    --color)
        mapfile -t COMPREPLY < <(compgen -W "always auto never" -- "$word")
        return
        ;;
    --format)
        mapfile -t COMPREPLY < <(compgen -W "jsonl trec tsv" -- "$word")
        return
        ;;
    --input)
        mapfile -t COMPREPLY < <(compgen -W "auto jsonl plain tsv" -- "$word")
        return
        ;;
    --pairs)
        mapfile -t COMPREPLY < <(compgen -W "default more none" -- "$word")
        return
        ;;
    --ranking)
        mapfile -t COMPREPLY < <(compgen -W "bm25 default" -- "$word")
        return
        ;;
    --sort)
        mapfile -t COMPREPLY < <(compgen -W "date relevance" -- "$word")
        return
        ;;
    --store)
        mapfile -t COMPREPLY < <(compgen -W "full none small" -- "$word")
        return
        ;;
    esac
    if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_osler_options "${COMP_WORDS[1]}")" -- "$word")
    fi
}
complete -o default -F _osler osler
