import { readSopsFile } from '../../document/sops-file.ts';
import { GitSopsError } from '../../errors.ts';
import { type BlobReader, indexObject } from '../../git/blob-reader.ts';
import { recipientsOf } from '../../keys/key-group.ts';
import type { Keyring } from '../../keys/keyring.ts';
import type { OldSetup } from './old-setup.ts';
import type { RuleBody } from './rules-for.ts';

/** Who decrypts from now on: those who were named; for files of sops those who do already; else the user. */
export async function ruleBody(
  setup: OldSetup,
  given: readonly string[] | null,
  regex: string | null,
  keyring: Keyring,
  blobs: BlobReader,
): Promise<RuleBody> {
  const line = regex === null ? null : `encrypted_regex: '${regex.replaceAll("'", "''")}'`;
  if (given !== null) return { recipients: given, selector: line };
  if (setup.tool === 'sops-filter') return bodyOfFiles(setup, line, blobs);
  const own = await keyring.ownRecipients();
  if (own.length === 0) throw new GitSopsError('no-recipients-yet');
  return { recipients: own, selector: line };
}

async function bodyOfFiles(setup: OldSetup, line: string | null, blobs: BlobReader): Promise<RuleBody> {
  const bodies = new Map<string, RuleBody>();
  for (const { path, stored } of setup.files) {
    const blob = (await blobs.read(indexObject(stored)))?.content;
    const metadata = blob === undefined ? null : ((await readSopsFile(path, blob))?.metadata ?? null);
    if (metadata === null) continue;
    const recipients = recipientsOf(metadata.keyGroups);
    const { kind, value } = metadata.selector;
    const own = metadata.selectorGiven && value !== '_unencrypted' ? `${kind}: '${value.replaceAll("'", "''")}'` : null;
    const body = { recipients, selector: line ?? own };
    bodies.set(JSON.stringify(body), body);
  }
  const [body, other] = bodies.values();
  if (body === undefined || other !== undefined) throw new GitSopsError('files-disagree');
  return body;
}
