import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GitSopsError } from '../../src/errors.ts';
import { dotenv } from '../../src/format/dotenv.ts';
import type { Format } from '../../src/format/format.ts';
import { ini } from '../../src/format/ini.ts';
import { json } from '../../src/format/json.ts';
import type { Selects } from '../../src/tree/leaf.ts';
import { iniText } from './generate-ini.ts';
import { jsonText } from './generate-json.ts';
import { runs } from './runs.ts';
import { hasTools, SopsFolder } from './vault.ts';

const byKey =
  (regex: RegExp): Selects =>
  (keys) =>
    keys.some((key) => regex.test(key));
const withoutComment =
  (regex: RegExp): Selects =>
  (_, stack) =>
    !stack.some((run) => run.some((text) => regex.test(text)));
/** The comment that matches stays itself in the clear. */
const withComment =
  (regex: RegExp): Selects =>
  (_, stack, isComment) =>
    stack.some((run, level) =>
      run.some((text, i) => !(isComment && level === stack.length - 1 && i === run.length - 1) && regex.test(text)),
    );

const envText = fc
  .array(fc.constantFrom('# a', '#note', 'k=1', 'L=x\\ny', '', '#', '#b', 'k=v', 's=#a'), { maxLength: 8 })
  .map((lines) => lines.join('\n'));

// What a leaf's comments are decides about its encryption: one comment filed elsewhere, and sops misses its MAC.
describe.skipIf(!hasTools)('selectors against real sops (needs sops)', () => {
  let folder: SopsFolder;
  beforeAll(() => {
    folder = new SopsFolder();
  });
  afterAll(() => folder.remove());

  const files: [string, Format, fc.Arbitrary<string>][] = [
    ['x.json', json, jsonText],
    ['x.env', dotenv, envText],
    ['x.ini', ini, iniText],
  ];
  const selectors: [string, string, Selects][] = [
    ['encrypted_regex', '^(k|s|a)$', byKey(/^(k|s|a)$/)],
    ['encrypted_comment_regex', 'a', withComment(/a/)],
    ['unencrypted_comment_regex', '^ ?note', withoutComment(/^ ?note/)],
  ];

  for (const [name, format, arbitrary] of files) {
    test.each(selectors)(`${name}: %s`, (option, regex, selects) => {
      fc.assert(
        fc.property(arbitrary, (source) => {
          let sealed: Uint8Array;
          try {
            sealed = folder.vault.seal(format, source, {
              selects,
              metadata: { unencrypted_suffix: '', [option]: regex },
            });
          } catch (error) {
            expect(error).toBeInstanceOf(GitSopsError);
            return;
          }
          expect(folder.vault.open(format, sealed, selects).toString()).toBe(source);
          folder.decrypt(name, sealed, '--output-type', 'json');
        }),
        runs(12),
      );
    });
  }
});
