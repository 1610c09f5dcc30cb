import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { GitSopsError } from '../../../errors.ts';
import { commitHooks, type HookEvent, pushHook } from '../../../git/hook-events.ts';
import { addition, type FileChange, hookCommand, type ManagedHook, runsHook } from './managed-hook.ts';

/** husky runs the scripts of `.husky`, one for each event. */
export const husky: ManagedHook = {
  manager: 'husky',
  files: ([...commitHooks, pushHook] as const).map(pathOf),
  activate: () => 'npx husky',

  async present(read, events) {
    return events.every((name) => holds(read(pathOf(name)) ?? '', name));
  },

  async added(read, events) {
    const changes: FileChange[] = [];
    for (const name of events) {
      const path = pathOf(name);
      const text = read(path);
      if (text !== null && holds(text, name)) continue;
      // Before version 9 Git itself runs the file.
      changes.push({ path, text: withCall(text ?? '', name), what: addition([name], path, text), mode: 0o755 });
    }
    return changes;
  },

  async removed(read, events) {
    const changes: FileChange[] = [];
    for (const name of events) {
      const path = pathOf(name);
      const text = read(path);
      if (text === null) continue;
      const rest = withoutCall(text, name);
      if (rest === text) continue;
      changes.push({ path, text: rest.trim() === '' ? null : rest, what: `take our line out of ${path}` });
    }
    return changes;
  },

  active(folder) {
    return (
      /[\\/]\.husky$/.test(folder) || (/[\\/]\.husky[\\/]_$/.test(folder) && existsSync(join(folder, 'pre-commit')))
    );
  },
};

function pathOf(name: HookEvent): string {
  return `.husky/${name}`;
}

/**
 * husky 9 stops at the first line that fails, a script that Git runs itself does not. What Git tells of a push can be read once, so it
 * is given to the lines behind ours again: Git LFS would upload nothing without it.
 */
function callOf(name: HookEvent): string {
  if (name !== pushHook) return `${hookCommand(name)} || exit 1\n`;
  return `refs=$(cat)
printf '%s\\n' "$refs" | ${hookCommand(name)} "$@" || exit 1
exec <<refs
$refs
refs
`;
}

function withoutCall(text: string, name: HookEvent): string {
  const call = callOf(name);
  const lines = call.split('\n').length - 1;
  const all = linesOf(text);
  const plain = (from: number) =>
    all
      .slice(from, from + lines)
      .map((line) => line.trim())
      .join('\n');
  for (let i = 0; i < all.length; i++) {
    if (plain(i) === call.trim()) all.splice(i--, lines);
  }
  return all.join('');
}

function holds(text: string, name: HookEvent): boolean {
  return text.split('\n').some((line) => !line.trimStart().startsWith('#') && runsHook(line, name));
}

/** In front of what is there, which may end the script early; behind what husky itself begins a script with. */
function withCall(text: string, name: HookEvent): string {
  const lines = linesOf(text);
  if (/^#!/.test(lines[0] ?? '') && !/\b(ba|da|z|k)?sh\s*$/.test(lines[0] ?? '')) {
    throw new GitSopsError('hook-list-unfit', {
      file: pathOf(name),
      detail: 'it is no shell script',
      other: hookCommand(name),
    });
  }
  let at = /^#!/.test(lines[0] ?? '') ? 1 : 0;
  for (const [i, line] of lines.entries()) if (/^\s*(\.|source)\s.*husky\.sh/.test(line)) at = i + 1;
  const before = lines.slice(0, at).join('');
  return `${before}${before === '' || before.endsWith('\n') ? '' : '\n'}${callOf(name)}${lines.slice(at).join('')}`;
}

/** Each with its line end. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+/g) ?? [];
}
