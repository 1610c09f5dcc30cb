import { describe, expect, it } from 'vitest';
import { createRuleFinder, isNeverCovered } from '../../src/document/rule-finder.ts';

// Throw-away recipients.
const rule = (regex: string, age: string) => `creation_rules:\n  - path_regex: ${regex}\n    age: ${age}\n`;

function finderOver(files: Record<string, string>) {
  const asked: string[] = [];
  const finder = createRuleFinder(async (path) => {
    asked.push(path);
    const text = files[path];
    return text === undefined ? null : Buffer.from(text);
  });
  return { finder, asked };
}

describe('the rule of a path', () => {
  it('comes from the nearest .sops.yaml, with the path from its folder', async () => {
    const { finder } = finderOver({ '.sops.yaml': rule('x$', 'age1top'), 'a/.sops.yaml': rule('^b/x$', 'age1a') });
    expect((await finder.find('a/b/x'))?.configPath).toBe('a/.sops.yaml');
    expect((await finder.find('c/d/x'))?.configPath).toBe('.sops.yaml');
    expect((await finder.find('x'))?.rule.groups).toEqual([[{ kind: 'age', id: 'age1top' }]]);
  });

  it('is none where the nearest has none that fits, whatever stands further up', async () => {
    const { finder } = finderOver({
      '.sops.yaml': rule('.*', 'age1top'),
      'a/.sops.yaml': rule('nothing', 'age1a'),
      'b/.sops.yaml': 'stores: {}\n',
      'c/.sops.yaml': '',
    });
    expect(await finder.find('a/x')).toBeNull();
    expect(await finder.find('b/x')).toBeNull();
    expect(await finder.find('c/x')).toBeNull();
  });

  it('is the same for many paths at once, in whatever order', async () => {
    const { finder } = finderOver({
      '.sops.yaml': `${rule('^apps/secret', 'age1a')}  - path_regex: \\.env$\n    age: age1b\n`,
      'deep/.sops.yaml': rule('^x/', 'age1deep'),
    });
    const paths = [
      ...[
        'a',
        'apps/secret.yaml',
        'apps/secrets/x',
        'apps/other',
        'ap/secret',
        'b.env',
        'apps/secret',
        'deep/x/y',
        'deep/a.env',
      ],
      ...['apps/a.env', 'z', 'deep/x/z/a', 'apps', 'apps/.gitattributes', 'apps/secret/.sops.yaml', 'deep/.env'],
    ];
    const all = await finder.findAll(paths);
    const single = await Promise.all(paths.map((path) => finder.find(path)));
    expect(paths.map((_, i) => all.get(i) ?? null)).toEqual(single);
    expect([...all.keys()].map((i) => paths[i])).toEqual([
      ...['apps/secret.yaml', 'apps/secrets/x', 'b.env', 'apps/secret', 'deep/x/y', 'apps/a.env', 'deep/x/z/a'],
    ]);
  });

  it('asks for each file once', async () => {
    const { finder, asked } = finderOver({ '.sops.yaml': rule('.*', 'age1top') });
    await Promise.all([finder.find('a/b/x'), finder.find('a/b/y'), finder.find('a/z')]);
    expect([...asked].sort()).toEqual(['.sops.yaml', 'a/.sops.yaml', 'a/b/.sops.yaml']);
  });

  it('names the configuration that is broken', async () => {
    const { finder } = finderOver({ 'a/.sops.yaml': 'creation_rules: [' });
    await expect(finder.find('a/x')).rejects.toMatchObject({ code: 'invalid-rules', facts: { file: 'a/.sops.yaml' } });
  });

  it('never covers what Git and sops read themselves', async () => {
    const { finder } = finderOver({ '.sops.yaml': rule('.*', 'age1top') });
    for (const path of ['.sops.yaml', 'a/.gitattributes', '.GitIgnore', 'a/b/.gitmodules']) {
      expect(isNeverCovered(path)).toBe(true);
      expect(await finder.find(path)).toBeNull();
    }
    for (const path of ['x.sops.yaml', '.sops.yaml/x', '.gitattributes2']) expect(isNeverCovered(path)).toBe(false);
  });
});
