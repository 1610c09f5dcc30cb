import { nodeBackend } from '../../crypto/node-backend.ts';
import { cleanFile } from '../../document/clean.ts';
import type { RuleFinder } from '../../document/rule-finder.ts';
import { readSopsFile } from '../../document/sops-file.ts';
import { GitSopsError } from '../../errors.ts';
import { type BlobReader, indexObject } from '../../git/blob-reader.ts';
import type { Staging } from '../../git/stage-blobs.ts';
import { readWorkFile } from '../../git/work-file.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { quotePath, shellPath } from '../../quote.ts';
import type { Io } from '../io.ts';
import { digestOf } from './find-setup.ts';
import { isOldCiphertext, type OldFile, type OldSetup, unlockCommands } from './old-setup.ts';

/**
 * The plaintext of a file that another tool encrypts, as it lies here.
 * @throws GitSopsError `still-locked` where it is ciphertext, `no-file` where it is not there, `not-as-hidden` where git-secret hid another one
 */
export function plaintextOf({ tool }: OldSetup, { path, stored, digest }: OldFile, io: Io): Uint8Array {
  const unlock = unlockCommands[tool];
  const content = readWorkFile(io.cwd, path)?.content;
  if (content === undefined) throw new GitSopsError('still-locked', { file: path, detail: tool, other: unlock });
  if (path === stored && tool !== 'sops-filter' && isOldCiphertext(tool, content)) {
    throw new GitSopsError('still-locked', { file: path, detail: tool, other: unlock });
  }
  if (tool === 'git-secret' && digest !== digestOf(content)) {
    throw new GitSopsError('not-as-hidden', { file: path });
  }
  return content;
}

/** What Git shall store of each file. Nothing is written; a hand-made filter's ciphertexts stay where their values stay. */
export async function sealOld(
  setup: OldSetup,
  rules: RuleFinder,
  keyring: Keyring,
  blobs: BlobReader,
  io: Io,
): Promise<Staging[]> {
  const stagings: Staging[] = [];
  const refused: GitSopsError[] = [];
  for (const file of setup.files) {
    const { path, stored, mode } = file;
    const content = plaintextOf(setup, file, io);
    const old = (await blobs.read(indexObject(stored)))?.content ?? null;
    const keeps = setup.tool === 'sops-filter' && old !== null;
    try {
      const blob = await cleanFile({
        path,
        content,
        async *bases() {
          if (keeps && (await readSopsFile(path, old)) !== null) yield old;
        },
        rule: async () => (await rules.find(path))?.rule ?? null,
        keyring,
        backend: nodeBackend,
        now: io.now,
      });
      stagings.push({ path, mode, blob });
    } catch (error) {
      if (!(error instanceof GitSopsError)) throw error;
      // What is wrong with a recipient is wrong for all files.
      if (/recipient/.test(error.code)) throw error.with({ file: path });
      refused.push(error.with({ file: path }));
    }
    if (stored !== path) stagings.push({ path: stored, mode, blob: null });
  }
  if (refused.length > 0) throw cannotMigrate(refused);
  for (const path of setup.leftovers) stagings.push({ path, mode: '100644', blob: null });
  return stagings;
}

/** All at once, so that nobody corrects one file to be told of the next. */
function cannotMigrate(refused: readonly GitSopsError[]): GitSopsError {
  const lines = refused.map((error) => {
    const { file = '', line, column } = error.facts;
    return `\n  ${[quotePath(file), line, column].filter((part) => part !== undefined).join(':')}: ${error.message}`;
  });
  const skips = refused.slice(0, mostNamed).map(({ facts }) => `--skip ${shellPath(facts.file ?? '')}`);
  return new GitSopsError('cannot-migrate', {
    detail: refused.length === 1 ? 'one file' : `${refused.length} files`,
    other: lines.join(''),
    mend: `${skips.join(' ')}${refused.length > mostNamed ? ' …' : ''}`,
  });
}

const mostNamed = 5;
