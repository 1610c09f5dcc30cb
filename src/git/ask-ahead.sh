# ( . ask-ahead.sh ) | git-sops hook pre-commit --asked
#
# What the commit hooks ask Git first, asked while Node starts: each Git process, and the module that starts one, is time that the
# commit waits for. src/git/asked-ahead.ts reads the answers; what is not told, or not told to its end, the hook asks by itself.
#
# Written are: a line with the version of this format; a line for each change, as `git diff --raw` has it; an empty line; the names that
# `git cat-file` is asked for; an empty line; what `git check-attr` says of each changed path; what `git cat-file --batch` says of each name.

# Whatever goes wrong here, the hook meets it again and tells of it.
exec 2>/dev/null

# A `git` of the current folder is a repository's.
case :$PATH: in *::* | *:[!/]*) exit 0 ;; esac

# The same as for every Git process of git-sops (src/git/run.ts).
unset GIT_GLOB_PATHSPECS GIT_NOGLOB_PATHSPECS GIT_ICASE_PATHSPECS
export GIT_OPTIONAL_LOCKS=0 GIT_NO_REPLACE_OBJECTS=1 GIT_GRAFT_FILE=/dev/null/none GIT_FLUSH=0 GIT_TERMINAL_PROMPT=0 LC_ALL=C LANGUAGE=
export GIT_NO_LAZY_FETCH=1 GIT_ALLOW_PROTOCOL=none
# Not a function of that name, which some shells take from the environment.
ask() { command git --no-pager -c core.fsmonitor=false -c core.quotePath=false "$@"; }

tab='	'
end='
'
changes=$end paths='' names="$end:0:.sops.yaml$end" count=0 whole=''

# One more name of an object, unless it is there already.
name() {
  case $names in *"$end$1$end"*) ;; *) names="$names$1$end" ;; esac
}

{
  ask diff --cached --raw --no-renames --no-abbrev --no-ext-diff --no-textconv --no-relative --no-color \
    --ignore-submodules=none -O/dev/null -- && echo whole
} | {
  while IFS= read -r line; do
    [ "$line" = whole ] && whole=1 && break
    path=${line#*"$tab"}
    # Of many (`few` in gate/snapshots.ts), and of names that Git has to quote, nothing is told.
    count=$((count + 1))
    [ "$count" -gt 64 ] && exit 0
    case $path in \"*) exit 0 ;; esac
    changes="$changes$line$end" paths="$paths$path$end"
    while :; do
      case $path in */*) path=${path%/*} ;; *) break ;; esac
      name ":0:$path/.sops.yaml"
    done
    # `:100644 100755 0123… 4567… M`; files and symlinks alone are read, from both sides.
    set -- ${line%%"$tab"*}
    case $1 in :100* | :120*) name "$3" ;; esac
    case $2 in 100* | 120*) name "$4" ;; esac
  done
  [ "$whole" ] || exit 0
  echo 'git-sops asked 1'
  printf '%s\n' "${changes#"$end"}" "${names#"$end"}"
  printf %s "$paths" | ask check-attr --stdin --cached filter &&
    printf %s "${names#"$end"}" | ask cat-file --batch --buffer
}
