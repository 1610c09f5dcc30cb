import { expect, test } from 'vitest';
import { formatNameOf, loadFormat } from '../../src/format/by-path.ts';

test.each([
  ['a.yaml', 'yaml'],
  ['x/y.enc.yml', 'yaml'],
  ['.yaml', 'yaml'],
  ['a.json', 'json'],
  ['.env', 'dotenv'],
  ['prod.env', 'dotenv'],
  ['my.cnf.ini', 'ini'],
  ['A.YAML', 'binary'],
  ['.env.local', 'binary'],
  ['env', 'binary'],
  ['yaml', 'binary'],
  ['.dockerconfigjson', 'binary'],
  ['a.json/key.pem', 'binary'],
  ['a.yaml.bak', 'binary'],
  ['', 'binary'],
])('%s is %s', (path, format) => {
  expect(formatNameOf(path)).toBe(format);
});

test.each(['json', 'dotenv', 'ini', 'binary'] as const)('%s loads under its name', async (name) => {
  expect((await loadFormat(name)).name).toBe(name);
});
