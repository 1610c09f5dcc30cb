// sops's example files, encrypted and not, through its commands with both programs: the exit codes and what real sops reads of the
// result have to be the same. Layout is ours to keep, so bytes are not compared.
import { copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { testKey } from './lab.mjs';

const editor = `sh -c 'sed -i "s/foo/fou/;s/John/Joan/;s/lorem/larem/" "$1"' -`;

const types = { yaml: 'yaml', json: 'json', ini: 'ini', env: 'dotenv', txt: 'binary' };

/** FILE is a copy of the example. */
const commands = [
  ['decrypt', '--output-type', 'json', 'FILE'],
  ['decrypt', '-i', 'FILE'],
  ['-d', '--ignore-mac', '--output-type', 'json', 'FILE'],
  ['filestatus', 'FILE'],
  ['encrypt', '-i', 'FILE'],
  ['-e', '--output-type', 'json', 'FILE'],
  ['rotate', '-i', 'FILE'],
  ['-r', '-i', '--output-type', 'json', 'FILE'],
  ['set', 'FILE', '["app2"]["key"]', '"v"'],
  ['set', '--output-type', 'json', 'FILE', '["new"]', '{"x": [1, null]}'],
  ['--set', '["foo"] "v"', 'FILE'],
  ['unset', '--idempotent', 'FILE', '["foo"]'],
  ['unset', 'FILE', '["app2"]["db"]'],
  ['edit', 'FILE'],
  ['exec-file', '--output-type', 'json', 'FILE', 'cat {}'],
];

/** Where both are right to differ: a part of the command line on such a file, and why. */
const onPurpose = [
  // sops encrypts an encrypted binary file once more.
  [/example\.txt (?:-e|encrypt)\b/, 'encrypted twice'],
  // sops writes a binary file with a further entry, which it loses when it decrypts it as one.
  [/example\.txt (?:set FILE|--set)/, 'an entry beside the data'],
  // What sops makes of a comment in a list it cannot decrypt itself.
  [/comments_list\.yaml (?:-e|encrypt)\b/, 'a comment in a list'],
];

export function compareResources(lab, programs) {
  const differences = [];
  let cases = 0;
  for (const source of lab.resources) {
    for (const command of commands) {
      const name = `${basename(source)} ${command.join(' ')}`;
      if (onPurpose.some(([pattern]) => pattern.test(name))) continue;
      cases++;
      const [theirs, own] = Object.entries(programs).map(([who, program]) =>
        outcome(lab, who, program, programs.real, source, command),
      );
      const { said, ...result } = own;
      if (isDeepStrictEqual({ ...result, said: theirs.said }, theirs)) continue;
      differences.push(`${name}: exit codes ${theirs.code} and ${own.code} ${said}`.trim());
    }
  }
  return { cases, differences };
}

function outcome(lab, who, program, real, source, command) {
  const folder = join(lab.folder, who);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  symlinkSync(program, join(folder, 'sops'));
  const file = basename(source);
  copyFileSync(source, join(folder, file));
  const env = { ...lab.env, EDITOR: editor, SOPS_PGP_FP: testKey };
  const run = (tool, args, input = '') => lab.run(tool, args, { cwd: folder, env, input });
  const done = run(
    './sops',
    command.map((arg) => (arg === 'FILE' ? file : arg)),
  );
  const json = (args) => {
    const { status, stdout } = run(real, [...args, '--output-type', 'json', 'read.json']);
    return status === 0 ? stdout : null;
  };
  /** What real sops reads there, encrypted or not, in whatever type. */
  const read = (text) => {
    for (const type of [types[file.split('.').at(-1)], 'json']) {
      writeFileSync(join(folder, 'read.json'), text);
      const opened = json(['decrypt', '--input-type', type]);
      if (opened !== null) return JSON.parse(opened);
      const sealed = json(['encrypt', '--input-type', type]);
      if (sealed === null) continue;
      writeFileSync(join(folder, 'read.json'), sealed);
      return { plain: JSON.parse(json(['decrypt', '--input-type', 'json'])) };
    }
    return text;
  };
  const written = readFileSync(join(folder, file), 'utf8');
  return {
    code: done.status,
    printed: done.stdout.includes('ENC[') ? read(done.stdout) : asJson(done.stdout),
    file: done.status === 0 && written !== readFileSync(source, 'utf8') ? read(written) : null,
    said: done.stderr,
  };
}

function asJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
