import { spawnSync } from 'node:child_process';
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeBackend } from '../../src/crypto/node-backend.ts';
import { parseCreationRules } from '../../src/document/creation-rules.ts';
import { encryptFile } from '../../src/document/encrypt-file.ts';
import { formatNameOf } from '../../src/format/by-path.ts';
import type { FormatName } from '../../src/format/format.ts';
import { generateKeyFile } from '../../src/keys/keygen.ts';

export const cluster = generateKeyFile();
export const person = generateKeyFile();

/** Flux's own decryptor, generator and build, as scripts/flux-build makes a program of them. */
export const hasFlux = spawnSync('flux-build', []).stderr?.toString().startsWith('usage: flux-build') ?? false;

export const regexRule = `age: ${cluster.recipient},${person.recipient}\n    encrypted_regex: ^(data|stringData|password)$`;
export const wholeRule = `age: ${cluster.recipient}`;

/** A file as git add would store it. @param rule the lines of a creation rule, but for its path */
export async function sealed(
  path: string,
  text: string,
  rule: string = regexRule,
  format: FormatName = formatNameOf(path),
): Promise<string> {
  const { rules } = await parseCreationRules(Buffer.from(`creation_rules:\n  - ${rule}\n`));
  const [first] = rules ?? [];
  if (first === undefined) throw new Error('no rule');
  const now = () => new Date('2026-01-02T03:04:05Z');
  const request = { source: Buffer.from(text), input: format, output: format, indent: null, rule: first, now };
  return Buffer.from(await encryptFile({ ...request, backend: nodeBackend })).toString();
}

/** What Flux makes of a folder: what it would apply, or why it fails. The repository is not written to. */
export async function applied(
  repo: string,
  folder: string,
  files: { kustomization: string; secret: string },
): Promise<{ code: number; stdout: string; stderr: string }> {
  const copy = `${repo}-of-flux`;
  await rm(copy, { recursive: true, force: true });
  await mkdir(copy);
  await cp(join(repo, folder), join(copy, folder), { recursive: true, verbatimSymlinks: true });
  const done = spawnSync('flux-build', [copy, folder, files.kustomization, files.secret]);
  return { code: done.status ?? 255, stdout: done.stdout.toString(), stderr: done.stderr.toString() };
}
