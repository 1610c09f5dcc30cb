import { unsetConfig } from '../../git/config.ts';
import type { Io } from '../io.ts';
import { commandLine } from './command-line.ts';
import { fastestProgram } from './drivers.ts';
import { readSetting, type Scope, writeSettings } from './set-up.ts';
import type { Step } from './step.ts';

export const diffKinds = ['text', 'semantic'] as const;
/** What `git diff` shows of a covered file: its lines in plaintext, or which keys changed and how. */
export type DiffKind = (typeof diffKinds)[number];

const setting = 'diff.sops.command';

/** What `git diff` shows in this clone, or by this user's configuration alone; null where another program does it. */
export async function diffHere(scope?: Scope): Promise<DiffKind | null> {
  const command = await readSetting(setting, scope);
  return command === null ? 'text' : isOurs(command) ? 'semantic' : null;
}

/**
 * What must be set or unset. Asked for nothing, what was chosen stays, and follows the program when that moves; so does
 * a command of the user's own.
 */
export async function diffPlan(io: Io, scope: Scope, asked?: DiffKind): Promise<Step[]> {
  const present = await readSetting(setting, scope);
  const kind = asked ?? (present !== null && isOurs(present) ? 'semantic' : undefined);
  const place = scope === '--global' ? 'your Git configuration' : 'this clone’s Git configuration';
  if (kind === 'semantic') {
    const command = semanticCommand(io);
    if (present === command) return [];
    return [
      { what: `set ${setting} in ${place}: git diff by keys`, run: () => writeSettings([[setting, command]], scope) },
    ];
  }
  if (kind === undefined || present === null) return [];
  return [
    {
      what: `unset ${setting} in ${place}: git diff by lines`,
      run: async () => void (await unsetConfig(setting, { scope: scope === '--global' ? 'global' : 'local' })),
    },
  ];
}

function semanticCommand(io: Io): string {
  return commandLine(fastestProgram(io), 'external-diff');
}

function isOurs(command: string): boolean {
  return / external-diff$/.test(command);
}
