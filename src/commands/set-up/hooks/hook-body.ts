import { type Program, shellWords } from '../command-line.ts';

/** Events that Git tells of by standard input: `hookScript` has read it, and repeats it by `told`. */
const ofPushes: readonly string[] = ['pre-push', 'pre-receive'];

/** What a hook file of ours runs. When the program is gone the hook refuses: one that fails open is the leak that nobody sees. */
export function hookBody(name: string, { words, files }: Program): string {
  const push = ofPushes.includes(name);
  return `for part in ${shellWords(files)}; do
  [ -e "$part" ] && continue
  echo 'git-sops: not found where "git sops init" left it; the ${push ? 'push' : 'commit'} is refused' >&2
  echo '  try: git sops init --yes' >&2
  exit 1
done
${push ? 'told | ' : ''}${shellWords(words)} hook ${name}${push ? ' "$@"' : ''} || exit $?`;
}
