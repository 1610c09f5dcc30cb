import { expect, it } from 'vitest';
import { originalsOf } from '../../../src/commands/gate/beside.ts';

it.each([
  ['app/db.yaml', 'app/db.enc.yaml'],
  ['app/db.yaml', 'app/db.sops.yaml'],
  ['app/db.yaml', 'app/db.yaml.enc'],
  ['app/db.dec.yaml', 'app/db.enc.yaml'],
  ['app/db.dec.yaml', 'app/db.yaml'],
  ['app/db.yaml.dec', 'app/db.yaml'],
  ['app/db.enc.yaml.orig', 'app/db.enc.yaml'],
  ['app/db.enc.yaml~', 'app/db.enc.yaml'],
  ['app/.db.enc.yaml.swp', 'app/db.enc.yaml'],
  ['app/db.enc_BACKUP_4711.yaml', 'app/db.enc.yaml'],
  ['app/db-copy.yaml', 'app/db.enc.yaml'],
  ['.env', '.enc.env'],
  ['.env', '.env.enc'],
  ['.env.bak', '.env'],
  ['app/.env', 'app/.sops.env'],
  ['token', 'token.enc'],
])('%s may be a copy of %s', (path, original) => {
  expect(originalsOf(path)).toContain(original);
});

it.each(['app/db.yaml', '.env', 'token', '.x', 'a.', '~', '.orig'])(
  '%s is no copy of itself, nor of a folder',
  (path) => {
    const originals = originalsOf(path);
    expect(originals).not.toContain(path);
    expect(originals.every((original) => original !== '' && !original.endsWith('/'))).toBe(true);
  },
);
