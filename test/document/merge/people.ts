import { newDataKey } from '../../../src/crypto/data-key.ts';
import { nodeBackend } from '../../../src/crypto/node-backend.ts';
import type { CreationRule } from '../../../src/document/creation-rule.ts';
import type { Metadata } from '../../../src/document/metadata.ts';
import { newFileMetadata } from '../../../src/document/new-file.ts';
import { type Opened, openFile } from '../../../src/document/open.ts';
import { sealFile } from '../../../src/document/seal.ts';
import { readContent, readSopsFile } from '../../../src/document/sops-file.ts';
import { recipientsOf } from '../../../src/keys/key-group.ts';
import { generateKeyFile } from '../../../src/keys/keygen.ts';
import { createKeyring, type Keyring } from '../../../src/keys/keyring.ts';
import { parseRecipient } from '../../../src/keys/recipient.ts';
import { wrapForGroups } from '../../../src/keys/wrap-key-groups.ts';
import { defaultSelector, type Selector } from '../../../src/tree/selector.ts';

/** A throw-away identity and what it opens. */
export interface Person {
  readonly recipient: string;
  readonly keyText: string;
  readonly keyring: Keyring;
}

export function person(): Person {
  const { recipient, text } = generateKeyFile();
  return { recipient, keyText: text, keyring: keyringOf(text) };
}

export const nobody: Keyring = keyringOf('');

function keyringOf(text: string): Keyring {
  const env = text === '' ? {} : { SOPS_AGE_KEY: text };
  return createKeyring({ env, platform: 'linux', home: null });
}

export function ruleFor(people: readonly Person[], selector: Selector = defaultSelector): CreationRule {
  return {
    index: 0,
    line: 1,
    pathRegex: null,
    groups: [people.map(({ recipient }) => ({ kind: 'age' as const, id: recipient }))],
    shamirThreshold: 0,
    selector,
    macOnlyEncrypted: false,
  };
}

/** A new file. */
export async function sealed(
  path: string,
  text: string,
  people: readonly Person[],
  selector?: Selector,
): Promise<Buffer> {
  const dataKey = newDataKey(nodeBackend);
  const content = await readContent(path, Buffer.from(text));
  if (content.kind !== 'plaintext') throw new Error('not plaintext');
  const { format, parsed } = content;
  const metadata = await newFileMetadata(ruleFor(people, selector), dataKey, format.name, nodeBackend);
  return Buffer.from(
    await sealFile({ format, parsed, metadata, dataKey, base: null, backend: nodeBackend, now: at(0) }),
  );
}

export const at = (second: number) => () => new Date(Date.UTC(2026, 0, 2, 3, 4, second));

interface Change {
  readonly text?: string;
  /** Recipients from now on; wrapped for anew. */
  readonly people?: readonly Person[];
  readonly rotate?: boolean;
  readonly metadata?: Partial<Metadata>;
}

/** What somebody who can open the file makes of it. */
export async function edited(path: string, blob: Uint8Array, by: Person, change: Change): Promise<Buffer> {
  const old = await opened(path, blob, by);
  const { format, metadata } = old.file;
  const dataKey = change.rotate ? newDataKey(nodeBackend) : old.dataKey;
  const people = change.people?.map(({ recipient }) => parseRecipient(recipient));
  const names = people ?? recipientsOf(metadata.keyGroups).map(parseRecipient);
  const keyGroups =
    people !== undefined || change.rotate ? await wrapForGroups(dataKey, [names], 0, nodeBackend) : metadata.keyGroups;
  const source = change.text === undefined ? old.bytes : Buffer.from(change.text);
  return Buffer.from(
    await sealFile({
      format,
      parsed: format.parse(source),
      metadata: { ...metadata, keyGroups, ...change.metadata },
      dataKey,
      base: change.rotate ? null : old,
      backend: nodeBackend,
      now: at(1),
    }),
  );
}

export async function opened(path: string, blob: Uint8Array, by: Person): Promise<Opened> {
  const file = await readSopsFile(path, blob);
  if (file === null) throw new Error('not encrypted');
  const { dataKey } = await by.keyring.dataKey(file.metadata.keyGroups, file.metadata.shamirThreshold);
  if (dataKey === null) throw new Error('no key');
  return openFile(file, dataKey, nodeBackend);
}

export async function recipients(path: string, blob: Uint8Array): Promise<string[]> {
  return recipientsOf((await readSopsFile(path, blob))?.metadata.keyGroups ?? []);
}
