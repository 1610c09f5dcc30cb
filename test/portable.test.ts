import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { generateHybridIdentity, identityToRecipient } from 'age-encryption';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeBackend } from '../src/crypto/node-backend.ts';
import { encryptFile } from '../src/document/encrypt-file.ts';
import { createRuleFinder } from '../src/document/rule-finder.ts';
import { smudgeFile } from '../src/document/smudge.ts';
import { keyringOf } from '../src/keys/identity-keyring.ts';
import { generateKeyFile } from '../src/keys/keygen.ts';
import { hasSops, sops } from './sops.ts';

const entry = join(dirname(process.env['GIT_SOPS_TEST_CLI'] ?? ''), 'portable.js');
const folder = mkdtempSync(join(tmpdir(), 'git-sops-portable-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Throw-away keys. */
const { text: ownKey, recipient } = generateKeyFile();
const hybridKey = await generateHybridIdentity();
const hybrid = await identityToRecipient(hybridKey);

const rules = `creation_rules:
  - path_regex: (?i)^SECRETS/A
    age: ${recipient},${hybrid}
  - path_regex: ''
    shamir_threshold: 2
    key_groups:
      - age: [${recipient}]
      - age: [${hybrid}]
      - age: [${generateKeyFile().recipient}]
`;
const files: Record<string, Buffer> = {
  'secrets/a.yaml': Buffer.from(
    'a: 1 # why\nb: !!int "2"\nc: |\n  x\n  é 😀\nd: &n [x, "y"]\ne: *n\nf: !!binary /w==\n',
  ),
  'secrets/a.json': Buffer.from('{"a": [1.50, true, null, "x\\u00e9"]}\n'),
  'secrets/groups.json': Buffer.from('{"a": "x"}\n'),
  'secrets/a.env': Buffer.from('# c\nA=é\n'),
  'secrets/a.ini': Buffer.from('[s]\nk = `x`\n'),
  'secrets/a.key': Buffer.from('\x00\xff binary', 'latin1'),
};

/**
 * Runs in a worker that has lost what only Node has: `process` and `Buffer`, and with them its way to the built-in modules. A browser,
 * Deno and an edge runtime have the rest.
 */
const program = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { entry, identities, rules, files, sealed } = workerData;
  // Node's own Response is built on these, and on two functions of Buffer.
  new Response('');
  for (const name of ['process', 'require', 'module', 'setImmediate', 'global']) delete globalThis[name];
  globalThis.Buffer = { isBuffer: Buffer.isBuffer, concat: Buffer.concat };
  (async () => {
    const library = await import(entry);
    const backend = library.nobleBackend;
    const made = {}, opened = {}, again = {};
    const lacking = ['process', 'require'].filter((name) => typeof globalThis[name] === 'undefined');
    if (typeof Buffer.from === 'undefined') lacking.push('Buffer');
    const finder = library.createRuleFinder(async (path) => (path === '.sops.yaml' ? new TextEncoder().encode(rules) : null));
    for (const identity of identities) {
      const keyring = await library.keyringOf(identity);
      for (const [path, source] of Object.entries(files)) {
        if (path.includes('groups') && identity !== identities[0]) continue;
        const { rule } = await finder.find(path);
        const name = { yaml: 'yaml', json: 'json', env: 'dotenv', ini: 'ini' }[path.split('.')[1]] ?? 'binary';
        made[path] = await library.encryptFile({ source, input: name, output: name, indent: null, rule, backend, now: () => new Date() });
        opened[path] = (await library.smudgeFile(path, sealed[path], keyring, backend)).bytes;
        again[path] = await library.cleanFile({
          path, content: source, keyring, backend, now: () => new Date(),
          async *bases() { yield sealed[path]; }, rule: async () => rule,
        });
      }
    }
    let code = null;
    try { await library.keyringOf('AGE-SECRET-KEY-1X'); } catch (error) { code = error instanceof library.GitSopsError ? error.code : String(error); }
    const stranger = await library.smudgeFile('secrets/a.yaml', sealed['secrets/a.yaml'], await library.keyringOf(''), backend);
    parentPort.postMessage({ lacking, made, opened, again, code, stranger: stranger.state });
  })().catch((error) => parentPort.postMessage({ failed: String(error?.stack ?? error) }));
`;

interface Answer {
  readonly lacking: string[];
  readonly made: Record<string, Uint8Array>;
  readonly opened: Record<string, Uint8Array>;
  readonly again: Record<string, Uint8Array>;
  readonly code: string;
  readonly stranger: string;
}

const sealed: Record<string, Uint8Array> = {};
let answer: Answer;

beforeAll(async () => {
  const finder = createRuleFinder(async (path) => (path === '.sops.yaml' ? Buffer.from(rules) : null));
  for (const [path, source] of Object.entries(files)) {
    const rule = (await finder.find(path))?.rule;
    if (rule === undefined) throw new Error(path);
    const name = ({ yaml: 'yaml', json: 'json', env: 'dotenv', ini: 'ini', key: 'binary' } as const)[
      path.split('.')[1] as 'yaml'
    ];
    const request = { input: name, output: name, indent: null, rule, backend: nodeBackend, now: () => new Date() };
    sealed[path] = await encryptFile({ ...request, source });
  }
  const identities = [`${ownKey}\n# and\n${hybridKey}`, ownKey, hybridKey];
  const workerData = { entry: pathToFileURL(entry).href, identities, rules, files, sealed };
  const worker = new Worker(program, { eval: true, workerData });
  const told = await new Promise<Answer & { failed?: string }>((resolve, reject) => {
    worker.once('message', resolve).once('error', reject);
  });
  await worker.terminate();
  if (told.failed !== undefined) throw new Error(told.failed);
  answer = told;
}, 60_000);

describe('the library without node: modules', () => {
  it('runs with what browsers have', () => {
    expect(answer.lacking).toEqual(['process', 'require', 'Buffer']);
    expect([answer.code, answer.stranger]).toEqual(['broken-identity', 'locked']);
  });

  it.each(Object.keys(files))(
    "opens Node's %s, gives the same blob for the same plaintext, and Node opens its own",
    async (path) => {
      const text = files[path]?.toString('latin1');
      expect(Buffer.from(answer.opened[path] ?? []).toString('latin1')).toBe(text);
      expect(Buffer.compare(answer.again[path] ?? new Uint8Array(), sealed[path] ?? new Uint8Array())).toBe(0);
      for (const key of path.includes('groups') ? [`${ownKey}${hybridKey}`] : [ownKey, hybridKey]) {
        const read = await smudgeFile(path, answer.made[path] ?? new Uint8Array(), await keyringOf(key), nodeBackend);
        expect([read.state, Buffer.from(read.bytes).toString('latin1')]).toEqual(['plaintext', text]);
      }
    },
  );

  it.skipIf(!hasSops)('sops reads what it makes', () => {
    for (const [path, bytes] of Object.entries(answer.made)) {
      const file = join(folder, path.replace('secrets/', ''));
      writeFileSync(file, bytes);
      const { code, stderr } = sops(['decrypt', file], { env: { SOPS_AGE_KEY: `${ownKey}\n${hybridKey}` } });
      expect([code, stderr]).toEqual([0, '']);
    }
  });

  it('is taken by a bundler for browsers: nothing of it is from Node', async () => {
    const options = { bundle: true, write: false, logLevel: 'silent', format: 'esm', outdir: folder } as const;
    const { errors } = await build({ ...options, entryPoints: [entry], platform: 'browser', splitting: true });
    expect(errors).toEqual([]);
  });
});
