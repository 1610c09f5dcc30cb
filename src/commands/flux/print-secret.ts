import { readFileSync } from 'node:fs';
import { GitSopsError } from '../../errors.ts';
import { generateKeyFile } from '../../keys/keygen.ts';
import { parseIdentities } from '../../keys/parse-identities.ts';
import type { Io } from '../io.ts';
import { readAll, writeAll } from '../terminal/streams.ts';
import { decryption } from './decryption.ts';

export interface SecretRequest {
  readonly name: string;
  readonly namespace: string;
  /** A key file, or `-`. */
  readonly identity: string | null;
  readonly keygen: boolean;
  /** Whether a terminal may see the key. */
  readonly show: boolean;
}

/**
 * Prints what the cluster needs as one YAML stream that `kubectl apply` takes. A private key is in it only where the user named
 * one or asked for a new one; without it nothing in the stream can be applied, so that no Secret without a key gets anywhere.
 */
export async function printSecret(request: SecretRequest, io: Io): Promise<number> {
  const { name, namespace } = request;
  const stanza = `# The Kustomization that reads the repository needs:\n#\n${commented(decryption(name))}`;
  const keys = await keyFile(request, io);
  if (keys === null) {
    const manifest = secret(name, namespace, '(the private key)');
    const how =
      'git sops flux --identity FILE, or --keygen for a new key, prints the Secret with its key for kubectl apply -f -';
    io.stdout.write(`${stanza}#\n# and this Secret in its namespace:\n#\n${commented(manifest)}#\n# ${how}.\n`);
    return 0;
  }
  if (io.stdout.isTTY === true && !request.show) {
    throw new GitSopsError('wrong-use', {
      detail: 'a private key would stand on your terminal',
      other: 'pipe it: git sops flux … | kubectl apply --server-side -f -   (or --show)',
    });
  }
  await writeAll(
    io.stdout,
    Buffer.from(`${stanza}---\n${secret(name, namespace, Buffer.from(keys.text).toString('base64'))}`),
  );
  for (const recipient of keys.recipients) {
    io.stderr.write(`git-sops: the cluster decrypts what is encrypted for ${recipient}\n`);
  }
  io.stderr.write(`  try: git sops flux check --recipient ${keys.recipients[0] ?? 'age1…'}\n`);
  return 0;
}

/** Flux takes every entry whose name ends in `.agekey` for a file of age identities. */
function secret(name: string, namespace: string, key: string): string {
  return `apiVersion: v1\nkind: Secret\nmetadata:\n  name: ${name}\n  namespace: ${namespace}\ntype: Opaque\ndata:\n  age.agekey: ${key}\n`;
}

/** @throws GitSopsError where the file is none, or holds something that Flux could not use */
async function keyFile(
  { identity, keygen }: SecretRequest,
  io: Io,
): Promise<{ text: string; recipients: readonly string[] } | null> {
  if (identity !== null && keygen) {
    throw new GitSopsError('wrong-use', {
      detail: 'give one of --identity and --keygen',
      other: 'git sops flux --help',
    });
  }
  if (keygen) {
    const { text, recipient } = generateKeyFile(io.now());
    return { text, recipients: [recipient] };
  }
  if (identity === null) return null;
  const source = identity === '-' ? 'standard input' : identity;
  const text = identity === '-' ? (await readAll(io.stdin)).toString() : read(identity);
  const { identities, problems } = parseIdentities(text, source, null);
  const [problem] = problems;
  if (problem !== undefined) throw problem;
  if (identities.length === 0) throw new GitSopsError('no-identity-in-file', { detail: source });
  const recipients = await Promise.all(identities.map((one) => one.recipient()));
  return { text, recipients: recipients.filter((recipient) => recipient !== null) };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const other = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new GitSopsError('key-source-unreadable', { detail: path, other });
  }
}

function commented(text: string): string {
  return text.replace(/^(?=.)/gm, '#   ');
}
