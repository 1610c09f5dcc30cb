import { describe, expect, it } from 'vitest';
import { mergePlaintext } from '../../../src/document/merge/merge-plaintext.ts';

const style = async () => ({ size: 7, ours: 'ours', theirs: 'theirs', base: null });

async function merge(base: string, ours: string, theirs: string): Promise<string | null> {
  const versions = { base: Buffer.from(base), ours: Buffer.from(ours), theirs: Buffer.from(theirs) };
  const merged = await mergePlaintext('yaml', versions, style);
  return merged === null || merged.conflict ? null : Buffer.from(merged.bytes).toString();
}

const secret = (name: string, namespace: string, url = 'u1', password = 'p1') => `apiVersion: v1
kind: Secret
metadata:
    name: ${name}
    namespace: ${namespace}
stringData:
    username: admin
    password: ${password}
    url: ${url}
`;

describe('what one side renames and the other changes', () => {
  it('merges in a Kubernetes Secret that moved to another namespace', async () => {
    const base = secret('app', 'prod');
    expect(await merge(base, secret('app', 'prod', 'u2'), secret('app', 'test'))).toBe(secret('app', 'test', 'u2'));
    expect(await merge(base, secret('web', 'prod'), secret('app', 'prod', 'u1', 'p2'))).toBe(
      secret('web', 'prod', 'u1', 'p2'),
    );
  });

  it('merges in one of several documents', async () => {
    const other = `---\n${secret('other', 'prod', 'x', 'y')}`;
    expect(
      await merge(secret('app', 'prod') + other, secret('app', 'prod', 'u2') + other, secret('app', 'test') + other),
    ).toBe(secret('app', 'test', 'u2') + other);
  });

  it('merges in an item of a list', async () => {
    const list = (name: string, key: string) =>
      `users:\n  - name: ${name}\n    role: r\n    mail: m\n    key: ${key}\n  - name: z\n    key: kz\n`;
    expect(await merge(list('a', 'k1'), list('b', 'k1'), list('a', 'k2'))).toBe(list('b', 'k2'));
  });

  it('is a conflict where both gave it another name, or one is another thing altogether', async () => {
    expect(await merge(secret('app', 'prod'), secret('a', 'prod'), secret('b', 'prod'))).toBeNull();
    const list = (name: string, key: string) =>
      `users:\n  - name: ${name}\n    key: ${key}\n  - name: z\n    key: kz\n`;
    expect(await merge(list('a', 'k1'), list('b', 'k9'), list('a', 'k2'))).toBeNull();
  });

  it('never makes two of one name', async () => {
    const item = (name: string, key: string) => `  - name: ${name}\n    a: 1\n    b: 2\n    key: ${key}\n`;
    const merged = await merge(
      `l:\n${item('a', 'k1')}${item('z', 'k')}`,
      `l:\n${item('b', 'k1')}${item('z', 'k')}`,
      `l:\n${item('a', 'k2')}${item('z', 'k')}${item('b', 'new')}`,
    );
    expect(merged === null || (merged.match(/name: b/g) ?? []).length === 1).toBe(true);
  });
});
