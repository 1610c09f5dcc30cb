/**
 * The shell's part of the merge driver. Git starts a shell for each file. The first one of a Git command starts `merge-server`,
 * and all of them ask it through two named pipes, in a folder that has Git's process id in its name: to start this program
 * for each file would take more time than all the rest of a merge.
 *
 * No shell waits for a server that is gone. Each opens both pipes for both directions, which never blocks, and then keeps only the
 * reading end of the answers. The server inherits its ends from the shell that starts it, so from its first moment to its
 * last they are open, and afterwards the answers are at their end. A file that was not begun is then merged by a process of its
 * own.
 *
 * What the server says for people comes by the same pipe, so that nobody who reads what Git says waits for it. Only a line that begins
 * with the nonce of the folder is an answer: no text of a repository's files, which are older than it, can look like one.
 *
 * The folder is entered, and only then judged: one of somebody else's, or behind a link, is not used. The pipes are opened
 * from inside it, where nobody can put others in their place.
 * @param self the command line that starts this program, and what the shell does first where that may be gone
 * @param args for `merge-driver`
 * @param server the command line that starts it as the server
 */
export function mergeCommand(
  { self, guard }: { readonly self: string; readonly guard: string },
  args: string,
  platform: NodeJS.Platform,
  server = self,
): string {
  // Windows has no pipes in folders that a shell and this program both know.
  if (platform === 'win32') return `${guard}; exec ${self} merge-driver ${args}`;
  const lines = [
    `${guard};`,
    'm=git-sops-merge-$PPID;',
    `d="\${TMPDIR:-/tmp}/$m"; w=$PWD; first=; begun=;`,
    `enter() { CDPATH= cd -P "$d" && [ -O . ] && [ "\${PWD##*/}" = "$m" ]; };`,
    'make() { od -An -N16 -tx4 /dev/urandom >nonce && mkfifo -m 600 q a; };',
    'if { [ -p "$d/a" ] || { mkdir -m 700 "$d" && first=1; }; } 2>/dev/null && enter 2>/dev/null &&',
    '{ [ -z "$first" ] || make 2>/dev/null; } &&',
    `[ -p q ] && [ -p a ] && read -r nonce <nonce && [ "\${#nonce}" -ge 32 ]; then {`,
    // The names that Git gives are relative to the work tree.
    'cd "$w" || exit 129;',
    `if [ -n "$first" ]; then ${server} merge-server "$d" "$PPID" </dev/null >/dev/null 2>&4 5<&- & fi;`,
    'exec 4>&-;',
    'printf "%s\\0" "$$" "$#" "$@" >&3;',
    'while IFS= read -r line <&5; do case $line in',
    '"$nonce $$ begins") begun=1;;',
    `"$nonce $$ exits "*) exit "\${line##* }";;`,
    '*) printf "%s\\n" "$line" >&2;;',
    'esac; done;',
    '} 3<>q 4<>a 5<a;',
    // Newer Gits call no other driver once one has failed.
    '(enter && rm -f q a nonce; cd "$w" && rmdir "$d") 2>/dev/null;',
    // Above 128 Git takes it for an error, and not for a conflict.
    '[ -z "$begun" ] || { echo "git-sops: the merge of a file ended early" >&2; exit 129; };',
    'fi;',
    'cd "$w" || exit 129;',
    `exec ${self} merge-driver "$@";`,
  ];
  return `f() { ${lines.join(' ')} }; f ${args}`;
}
