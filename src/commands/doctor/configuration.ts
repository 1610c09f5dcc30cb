import { quotePath, shellPath } from '../../quote.ts';
import type { Io } from '../io.ts';
import { diffHere } from '../set-up/diff-choice.ts';
import { missingFile } from '../set-up/missing-file.ts';
import { rerereCache } from '../set-up/rerere-choice.ts';
import { lockedHere, missingSettings, readSetting } from '../set-up/set-up.ts';
import type { Answer } from './answer.ts';

/** Filter and diff driver, as Git sees them here. */
export async function configurationAnswers(io: Io): Promise<Answer[]> {
  const process = await readSetting('filter.sops.process');
  if (process === null) {
    const text = 'the filter is not registered: git add would store the plaintext of covered files';
    return [{ level: 'bad', text, mend: 'git sops init --yes' }];
  }
  if ((await readSetting('filter.sops.required')) !== 'true') {
    const text = 'filter.sops.required is not true: a failing filter would stage plaintext';
    return [{ level: 'bad', text, mend: 'git sops init --yes' }];
  }
  const gone = missingFile(process);
  if (gone !== null) {
    const text = `the filter is registered with a program that is gone (${gone}): git add and checkout of covered files fail`;
    return [{ level: 'bad', text, mend: 'git sops init --yes' }];
  }
  const locked = await lockedHere();
  const stale = (await missingSettings(io, '--local', locked)).length > 0;
  if (stale && (await missingSettings(io, '--global', false)).length > 0) {
    return [
      {
        level: 'note',
        text: `the filter runs another git-sops: ${process.replace(/^.*; exec /, '')}`,
        mend: 'git sops init --yes',
      },
    ];
  }
  const shown = locked ? 'ciphertext' : 'plaintext';
  return [
    { level: 'ok', text: `filter and diff driver are registered (${shown} in the working tree)` },
    await diff(),
    ...(await rerere()),
  ];
}

/** What it recorded has no path with it, so what is of covered files cannot be told from the rest. */
async function rerere(): Promise<Answer[]> {
  const cache = await rerereCache();
  if (cache === null) return [];
  const text = `git rerere is on and keeps conflicts of covered files in plaintext (${quotePath(cache)})`;
  return [{ level: 'note', text, mend: `git sops init --rerere off; rm -r ${shellPath(cache)} drops what it holds` }];
}

async function diff(): Promise<Answer> {
  const kind = await diffHere();
  if (kind !== null)
    return { level: 'ok', text: `git diff shows ${kind === 'text' ? 'plaintext lines' : 'which keys changed'}` };
  const text = 'git diff of covered files runs another program (diff.sops.command)';
  return { level: 'note', text, mend: 'git sops init --diff text' };
}
