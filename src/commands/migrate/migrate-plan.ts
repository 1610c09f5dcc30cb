import { configName, createRuleFinder } from '../../document/rule-finder.ts';
import { GitSopsError } from '../../errors.ts';
import { withManagedLines } from '../../git/attributes-file.ts';
import type { BlobReader } from '../../git/blob-reader.ts';
import { listPaths } from '../../git/index-entries.ts';
import type { GitPath } from '../../git/path.ts';
import { readWorkFile } from '../../git/work-file.ts';
import type { Keyring } from '../../keys/keyring.ts';
import type { Io } from '../io.ts';
import { worktreeReader } from '../repository/worktree-reader.ts';
import { attributeLines } from '../set-up/attributes-plan.ts';
import { withoutFilters } from './old-attributes.ts';
import { type OldHistory, oldHistory } from './old-history.ts';
import type { OldSetup } from './old-setup.ts';
import { ruleBody } from './rule-body.ts';
import { rulesFor } from './rules-for.ts';
import { plaintextOf } from './seal-old.ts';
import type { Parted } from './skip.ts';

/** All that will be written, ready before the first byte is. */
export interface MigratePlan {
  readonly setup: OldSetup;
  readonly history: OldHistory;
  readonly recipients: readonly string[];
  /** Files of the working tree to write, that are committed too. */
  readonly files: ReadonlyMap<GitPath, Buffer>;
  /** What these were made of; null for one that is not there. */
  readonly before: ReadonlyMap<GitPath, Uint8Array | null>;
  readonly newRules: boolean;
  /** What stays with the other tool. */
  readonly left: readonly GitPath[];
}

export async function planOf(
  { setup, left, lines: kept }: Parted,
  recipient: readonly string[] | null,
  regex: string | null,
  keyring: Keyring,
  blobs: BlobReader,
  io: Io,
): Promise<MigratePlan> {
  const files = new Map<GitPath, Buffer>();
  const before = new Map<GitPath, Uint8Array | null>([[configName, null]]);
  /** Once: what is written is made of what was seen here. */
  const look = (path: GitPath): Uint8Array | null => {
    const content = before.get(path) ?? readWorkFile(io.cwd, path)?.content ?? null;
    before.set(path, content);
    return content;
  };
  const all = await listPaths({ untracked: true });
  const attributes = new Map<GitPath, string>();
  for (const path of all.filter((path) => /(?:^|\/)\.gitattributes$/.test(path))) {
    const content = look(path);
    if (content !== null) attributes.set(path, Buffer.from(content).toString('latin1'));
  }
  for (const path of setup.opened) {
    const bytes = plaintextOf(setup, { path, stored: path, mode: '100644', digest: null }, io);
    files.set(path, Buffer.from(bytes));
    before.set(path, bytes);
  }
  const read = worktreeReader(io.cwd, blobs);
  const present = await read(configName);
  if (present === null) {
    const body = await ruleBody(setup, recipient, regex, keyring, blobs);
    files.set(configName, Buffer.from(await rulesFor(setup, body, attributes, all)));
  } else if (recipient !== null || regex !== null) {
    throw new GitSopsError('rules-exist', { file: configName });
  }
  const finder = createRuleFinder(async (path) => files.get(path) ?? (await read(path)));
  const recipients = new Set<string>();
  for (const { path } of setup.files) {
    const found = await finder.find(path);
    if (found === null) throw new GitSopsError('no-rule-for', { file: path });
    for (const { id } of found.rule.groups.flat()) recipients.add(id);
  }
  for (const [path, text] of attributes) {
    const stripped = withoutFilters(text, setup.filters);
    if (setup.filters.length > 0 && stripped !== text) files.set(path, Buffer.from(stripped, 'latin1'));
  }
  if (setup.tool === 'git-secret') ignoreLines(setup, files, look('.gitignore'));
  const lines = await attributeLines(async (path) => files.get(path) ?? (await read(path)));
  const top = Buffer.from(files.get('.gitattributes') ?? look('.gitattributes') ?? []).toString();
  const managed = withManagedLines(top, lines);
  files.set('.gitattributes', Buffer.from([managed, ...kept.map((line) => `${line}\n`)].join('')));
  return {
    setup,
    history: await oldHistory(setup, blobs),
    recipients: [...recipients],
    files,
    before,
    newRules: present === null,
    left,
  };
}

/** What stands there once the plan is carried out. */
export function planned({ files }: MigratePlan, io: Io, blobs: BlobReader) {
  const read = worktreeReader(io.cwd, blobs);
  return async (path: GitPath) => files.get(path) ?? (await read(path));
}

/** git-secret has Git ignore the plaintext, which is what shall be added from now on. */
function ignoreLines(
  { files: hidden, leftovers }: OldSetup,
  files: Map<GitPath, Buffer>,
  ignored: Uint8Array | null,
): void {
  if (ignored === null) return;
  const text = Buffer.from(ignored).toString('latin1');
  const gone = new Set(hidden.flatMap(({ path }) => [path, `/${path}`]));
  const folder = leftovers[0]?.replace(/(\.gitsecret)\/.*/, '$1') ?? '.gitsecret';
  for (const line of ['!*.secret', `${folder}/keys/random_seed`]) gone.add(line);
  const kept = text.split(/(?<=\n)/).filter((line) => !gone.has(line.trim()));
  files.set('.gitignore', Buffer.from(kept.join(''), 'latin1'));
}
