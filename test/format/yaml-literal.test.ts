import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { nodeBackend } from '../../src/crypto/node-backend.ts';
import { openFile } from '../../src/document/open.ts';
import { sealFile } from '../../src/document/seal.ts';
import { readSopsFile } from '../../src/document/sops-file.ts';
import { unlock } from '../../src/document/unlock.ts';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import { createKeyring } from '../../src/keys/keyring.ts';
import { hasSops, sops } from '../sops.ts';

const me = generateKeyFile();
const folder = mkdtempSync(join(tmpdir(), 'git-sops-literal-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const source = `cert: |
    -----BEGIN X-----
      indented

    -----END X-----
none: |-
    l1
    l2
deep:
    list:
        - |
          a
          b
        - one: |
            x
            y
    spaced: "  two\\n  lines\\n"
    odd: "trailing blank \\nline"
    many: "l1\\n\\n\\n"
number: "5"
last: z
`;

describe.skipIf(!hasSops)('texts of several lines in files that sops wrote (needs sops)', () => {
  it.each([['4'], ['2']])(
    'show as sops decrypts them, in blocks; an edit elsewhere leaves them alone (indent %s)',
    async (indent) => {
      writeFileSync(join(folder, 'plain.yaml'), source);
      const env = { SOPS_AGE_KEY_FILE: join(folder, 'keys') };
      writeFileSync(env.SOPS_AGE_KEY_FILE, me.text);
      const run = (...args: string[]) => sops(['--indent', indent, ...args], { cwd: folder, env });
      const blob = run('encrypt', '--age', me.recipient, 'plain.yaml').stdout;
      writeFileSync(join(folder, 'blob.yaml'), blob);
      const theirs = run('decrypt', 'blob.yaml').stdout.toString();
      const file = await readSopsFile('blob.yaml', blob);
      if (file === null) throw new Error('not encrypted');
      const keyring = createKeyring({ env, platform: 'linux', home: null });
      const opened = openFile(file, await unlock(file, keyring), nodeBackend);
      const shown = Buffer.from(opened.bytes).toString();
      if (indent === '4') {
        // What no block can hold, or only with blank lines of the file's, stays in quotes.
        const quoted = 'many: |+\n        l1\n\n\n';
        expect(theirs).toContain(quoted);
        expect(shown).toBe(theirs.replace(quoted, 'many: "l1\\n\\n\\n"\n'));
      } else
        expect(shown).toContain('cert: |\n  -----BEGIN X-----\n    indented\n\n  -----END X-----\nnone: |-\n  l1\n');
      const parsed = file.format.parse(Buffer.from(shown.replace('last: z', 'last: y')));
      const now = () => new Date('2030-01-01T00:00:00Z');
      const request = { format: file.format, parsed, metadata: file.metadata, dataKey: opened.dataKey, base: opened };
      const sealed = Buffer.from(await sealFile({ ...request, backend: nodeBackend, now }))
        .toString()
        .split('\n');
      const old = blob.toString().split('\n');
      expect(sealed.length).toBe(old.length);
      const changed = sealed.filter((line, i) => line !== old[i]).map((line) => line.trim().split(':')[0]);
      expect(changed).toEqual(['last', 'lastmodified', 'mac']);
      // A block that is laid out otherwise is somebody's own, and stays as it is.
      const own = Buffer.from(shown.replace('none: |-\n', 'none: >-\n'));
      const resealed = await sealFile({ ...request, parsed: file.format.parse(own), backend: nodeBackend, now });
      writeFileSync(join(folder, 'own.yaml'), resealed);
      expect(run('decrypt', 'own.yaml').code).toBe(0);
    },
  );
});
