import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import type { Io } from './io.ts';
import { shellQuote } from './shell-quote.ts';

/** How Git starts this program, and how fast that is. */
export interface Program {
  readonly kind: 'standalone' | 'bun' | 'node';
  /** Words of a command line; absolute paths. */
  readonly words: readonly string[];
}

/** The fastest form of this very program: the standalone executable, else Bun, else Node. All give the same bytes. */
export function fastestProgram(io: Io): Program {
  const [program = '', called] = io.self;
  if (called === undefined) return { kind: 'standalone', words: [program] };
  // npm calls the script by a link in a folder of links.
  const script = realpathSync(called);
  const standalone = join(dirname(script), io.platform === 'win32' ? 'git-sops.exe' : 'git-sops');
  if (existsSync(standalone)) return { kind: 'standalone', words: [standalone] };
  for (const folder of (io.env['PATH'] ?? '').split(delimiter)) {
    const bun = join(folder, io.platform === 'win32' ? 'bun.exe' : 'bun');
    // A relative entry of PATH would make every repository's own folder a place to start programs from.
    if (folder.startsWith('/') || /^[A-Za-z]:/.test(folder))
      if (existsSync(bun)) return { kind: 'bun', words: [bun, script] };
  }
  return { kind: 'node', words: [program, script] };
}

/** Git configuration: name and value. */
export type Setting = readonly [name: string, value: string];

/**
 * What Git is told to run. Git starts these through a shell: `%f` comes quoted, and textconv gets its path as `"$@"`.
 * @param locked the working tree keeps ciphertext
 */
export function driverSettings({ words }: Program, locked: boolean): Setting[] {
  const self = words.map(shellPath).join(' ');
  const mode = locked ? ' --locked' : '';
  return [
    ['filter.sops.process', `${self} filter-process${mode}`],
    ['filter.sops.clean', `${self} clean -- %f`],
    ['filter.sops.smudge', `${self} smudge${mode} -- %f`],
    ['filter.sops.required', 'true'],
    ['diff.sops.textconv', textconvCommand(self)],
    // A cache would put plaintext into Git notes.
    ['diff.sops.cachetextconv', 'false'],
  ];
}

export const driverSections = ['filter.sops', 'diff.sops'] as const;

/** Whether a configured command keeps the working tree locked. */
export function isLocked(processCommand: string | null): boolean {
  return processCommand !== null && / --locked\b/.test(processCommand);
}

/**
 * Git has smudged a blob before it calls textconv, so nearly every file is plaintext by then and costs no start of this
 * program. The path comes in by redirection: it may be called `-v.yaml`.
 */
function textconvCommand(self: string): string {
  return `f() { grep -qaF 'ENC[AES256_GCM,' <"$1" && exec ${self} textconv -- "$1"; exec cat <"$1"; }; f`;
}

function shellPath(word: string): string {
  return shellQuote(word.replaceAll('\\', '/'));
}
