import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import type { Io } from '../io.ts';
import { mergeCommand } from '../merge/merge-command.ts';
import { commandLine, guard, type Program, shellWords } from './command-line.ts';

/**
 * The fastest form of this very program: the standalone executable, else Bun, else Node. All give the same bytes.
 * @param whole with all commands, rather than those alone that Git calls often
 */
export function fastestProgram(io: Io, whole = false): Program {
  const [program = '', called] = io.self;
  const { platform } = io;
  if (called === undefined) return { kind: 'standalone', words: [program], files: [program], platform };
  // npm calls the script by a link in a folder of links.
  const script = realpathSync(called);
  const folder = dirname(script);
  const standalone = join(folder, platform === 'win32' ? 'git-sops.exe' : 'git-sops');
  if (existsSync(standalone)) return { kind: 'standalone', words: [standalone], files: [standalone], platform };
  // What Git calls is in a bundle of its own; a run from the sources has none.
  const bundle = join(folder, 'plumbing.cjs');
  const plumbing = existsSync(bundle) && !whole ? bundle : script;
  const ahead = join(folder, 'ask-ahead.sh');
  const asked = plumbing === bundle && existsSync(ahead) ? { askAhead: ahead } : {};
  // Git runs it at the top of the working tree, where a hostile repository may have a bunfig.toml with code to load first,
  // or a tsconfig.json whose `paths` put other code in place of ours.
  const own = (name: string) => join(folder, name);
  const noConfig = ['--no-env-file', `--config=${own('bunfig.toml')}`, `--tsconfig-override=${own('tsconfig.json')}`];
  for (const place of (io.env['PATH'] ?? '').split(delimiter)) {
    const bun = join(place, platform === 'win32' ? 'bun.exe' : 'bun');
    // A relative entry of PATH would make every repository's own folder a place to start programs from.
    if (place.startsWith('/') || /^[A-Za-z]:/.test(place))
      if (existsSync(bun))
        return { kind: 'bun', words: [bun, ...noConfig, plumbing], files: [bun, plumbing], platform, ...asked };
  }
  return { kind: 'node', words: [program, plumbing], files: [program, plumbing], platform, ...asked };
}

/** Git configuration: name and value. */
export type Setting = readonly [name: string, value: string];

/**
 * What Git is told to run. Git starts these through a shell: `%f` comes quoted, and textconv gets its path as `"$@"`.
 * @param locked the working tree keeps ciphertext
 * @param unrecorded conflict markers are not of the size that rerere looks for (rerere-choice.ts)
 */
export function driverSettings(program: Program, locked: boolean, unrecorded = false): Setting[] {
  const { kind, words, platform } = program;
  const self = shellWords(words);
  const mode = locked ? ' --locked' : '';
  const merge = mergeArguments(unrecorded);
  // What Bun's last compiler makes takes a tenth of a merge of a hundred files, and is worth it after thousands.
  const server = kind === 'node' ? self : `BUN_JSC_useFTLJIT=0 ${self}`;
  // Above 128 Git takes it for an error, and not for a conflict.
  const shell = { self, guard: guard(program, 129) };
  return [
    ['filter.sops.process', commandLine(program, `filter-process${mode}`)],
    ['filter.sops.clean', commandLine(program, 'clean -- %f')],
    ['filter.sops.smudge', commandLine(program, `smudge${mode} -- %f`)],
    ['filter.sops.required', 'true'],
    ['diff.sops.textconv', textconvCommand(program)],
    // A cache would put plaintext into Git notes.
    ['diff.sops.cachetextconv', 'false'],
    ['merge.sops.name', 'values of sops files'],
    ['merge.sops.driver', mergeCommand(shell, merge, platform, server)],
    // For merges of common ancestors among themselves.
    ['merge.sops.recursive', 'sops-virtual'],
    ['merge.sops-virtual.name', 'values of sops files, without conflicts'],
    ['merge.sops-virtual.driver', mergeCommand(shell, `--virtual ${merge}`, platform, server)],
  ];
}

export const driverSections = ['filter.sops', 'diff.sops', 'merge.sops', 'merge.sops-virtual'] as const;

/** Three files, the length of a conflict marker, the path, and three labels that Git before 2.44 does not know. Git quotes them. */
function mergeArguments(unrecorded: boolean): string {
  return `%O %A %B ${unrecorded ? usualMarkerSize : '%L'} %P %S %X %Y`;
}

export const usualMarkerSize = 7;

/** Whether a configured merge driver writes markers of a size of its own. */
export function isUnrecorded(mergeCommand: string | null): boolean {
  return mergeCommand?.includes(` ${mergeArguments(true)}`) ?? false;
}

/** Whether a configured command keeps the working tree locked. */
export function isLocked(processCommand: string | null): boolean {
  return processCommand !== null && / --locked\b/.test(processCommand);
}

/**
 * Git has smudged a blob before it calls textconv, so nearly every file is plaintext by then and costs no start of this
 * program. The path comes in by redirection: it may be called `-v.yaml`. Any other locale would only have grep read its tables.
 */
function textconvCommand(program: Program): string {
  return `f() { LC_ALL=C grep -qaF 'ENC[AES256_GCM,' <"$1" && { ${commandLine(program, 'textconv -- "$1"')}; }; exec cat <"$1"; }; f`;
}
