import { expect, it } from 'vitest';
import { newDataKey } from '../../src/crypto/data-key.ts';
import { nodeBackend } from '../../src/crypto/node-backend.ts';
import { isOnlyBroken } from '../../src/document/broken-file.ts';
import { sealConflict } from '../../src/document/conflict-envelope.ts';
import type { CreationRule } from '../../src/document/creation-rule.ts';
import { newFileMetadata } from '../../src/document/new-file.ts';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import { defaultSelector } from '../../src/tree/selector.ts';

const rule: CreationRule = {
  index: 0,
  line: 1,
  pathRegex: null,
  groups: [[{ kind: 'age', id: generateKeyFile().recipient }]],
  shamirThreshold: 0,
  selector: defaultSelector,
  macOnlyEncrypted: false,
};

it.each(['a.yaml', 'a.json', 'a.env', 'a.ini', 'a.bin'])(
  'an unresolved conflict that was sealed is only broken: %s',
  async (path) => {
    const dataKey = newDataKey(nodeBackend);
    const metadata = await newFileMetadata(rule, dataKey, 'yaml', nodeBackend);
    const text = Buffer.from('<<<<<<< ours\na: hunter1\n=======\na: hunter2\n>>>>>>> theirs\n');
    const sealed = await sealConflict({ text, metadata, dataKey, backend: nodeBackend, now: () => new Date() });
    expect(await isOnlyBroken(path, sealed, rule)).toBe(true);
    const opened = Buffer.from(
      Buffer.from(sealed)
        .toString()
        .replace(/"data": "ENC[^"]*"/, '"data": "hunter1"'),
    );
    expect(opened.equals(sealed)).toBe(false);
    expect(await isOnlyBroken(path, opened, rule)).toBe(false);
  },
);
