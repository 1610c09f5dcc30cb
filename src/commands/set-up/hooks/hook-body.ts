import { guard, type Program, shellWords } from '../command-line.ts';

/** Events that Git tells of by standard input: `hookScript` has read it, and repeats it by `told`. */
const ofPushes: readonly string[] = ['pre-push', 'pre-receive'];

/** What a hook file of ours runs. When the program is gone the hook refuses: one that fails open is the leak that nobody sees. */
export function hookBody(name: string, program: Program): string {
  const { words } = program;
  const push = ofPushes.includes(name);
  return `for part in ${shellWords(filesOf(program, push))}; do
  [ -e "$part" ] && continue
  echo 'git-sops: not found where "git sops init" left it; the ${push ? 'push' : 'commit'} is refused' >&2
  echo '  try: git sops init --yes' >&2
  exit 1
done
${push ? `told | ${shellWords(words)} hook ${name} "$@"` : judgeCommit(name, program)} || exit $?`;
}

/** A command line that runs a commit hook, with the files that must be there. */
export function commitHookLine(name: string, program: Program): string {
  return `${guard({ files: filesOf(program, false) })}; ${judgeCommit(name, program)}`;
}

function filesOf({ files, askAhead }: Program, push: boolean): readonly string[] {
  return askAhead === undefined || push ? files : [...files, askAhead];
}

/** The blank in front of the parenthesis lets `missingFile` find the file. */
function judgeCommit(name: string, { words, askAhead }: Program): string {
  const hook = `${shellWords(words)} hook ${name}`;
  return askAhead === undefined ? hook : `( . ${shellWords([askAhead])} ) | ${hook} --asked`;
}
