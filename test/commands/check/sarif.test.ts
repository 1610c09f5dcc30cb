import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { sarifReport } from '../../../src/commands/check/sarif.ts';
import { type Finding, type FindingKind, findingKinds } from '../../../src/document/finding.ts';
import { createTeam, secretRule } from '../../repo/team.ts';
import { sarifSchema } from './sarif-schema.ts';

// Without `u`: the published schema has a pattern with a stray bracket (of `language`, which we do not write).
const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true, unicodeRegExp: false });
const valid = ajv.compile(sarifSchema);

/** The published schema, for instance out of PyPI's sarif-om as `.ci/run` gets it; its draft 4 differs in `id` alone. */
const published = process.env['GIT_SOPS_SARIF_SCHEMA'];
const validPublished =
  published === undefined
    ? null
    : ajv.compile({ ...JSON.parse(readFileSync(published, 'utf8')), $schema: undefined, id: undefined });

const kinds = Object.keys(findingKinds) as FindingKind[];
/** Every kind, with and without a place, and paths that no URI takes as they are. */
const findings: Finding[] = kinds.flatMap((kind, i) => [
  { kind, path: 'secrets/db.yaml', mend: 'git sops init' },
  { kind, path: `a b/ü#${i}?%.yaml`, line: 3, mend: 'git add -- x' },
  { kind, path: 'caf\udce9.yaml', line: 3, column: 7, keyPath: 'data["a b"][0]', detail: 'a reason', mend: 'x' },
]);

function reportOf(some: readonly Finding[]): Record<string, unknown> {
  const report = { scope: 'the index', files: some.length, findings: [...some], warnings: [] };
  return JSON.parse(sarifReport(report, '1.2.3'));
}

describe('SARIF', () => {
  it('is what the standard says, with every kind of finding and with none', () => {
    for (const log of [reportOf(findings), reportOf([])]) {
      expect(valid(log), JSON.stringify(valid.errors)).toBe(true);
    }
  });

  it.skipIf(validPublished === null)(
    'is what the published schema says (needs GIT_SOPS_SARIF_SCHEMA, the path of sarif-2.1.0*.json)',
    () => {
      for (const log of [reportOf(findings), reportOf([])]) {
        expect(validPublished?.(log), JSON.stringify(validPublished?.errors)).toBe(true);
      }
      expect(validPublished?.({ ...reportOf([]), version: '2.0.0' })).toBe(false);
    },
  );

  it('the schema can refuse: a level, a line 0, an unknown property, a URI with a blank', () => {
    const broken = (change: (result: Record<string, never>) => void) => {
      const log = structuredClone(reportOf(findings)) as { runs: [{ results: Record<string, never>[] }] };
      change(log.runs[0].results[1] as Record<string, never>);
      return valid(log);
    };
    expect(broken(() => {})).toBe(true);
    expect(broken((result) => Object.assign(result, { level: 'fatal' }))).toBe(false);
    expect(broken((result) => Object.assign(result, { secret: 'x' }))).toBe(false);
    expect(broken((result) => delete result['message'])).toBe(false);
    const placed = (at: object) => (result: object) => Object.assign(result, { locations: [{ physicalLocation: at }] });
    expect(broken(placed({ artifactLocation: { uri: 'a' }, region: { startLine: 0 } }))).toBe(false);
    expect(broken(placed({ artifactLocation: { uri: 'a b' } }))).toBe(false);
  });

  it('points at rules by index, at bytes by escapes, and keeps a fingerprint while lines move', () => {
    const { runs } = reportOf(findings) as {
      runs: [{ tool: { driver: { rules: { id: string }[] } }; results: Result[] }];
    };
    const [{ tool, results }] = runs;
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
    const uris = results.slice(0, 3).map((result) => result.locations[0]?.physicalLocation.artifactLocation.uri);
    expect(uris).toEqual(['secrets/db.yaml', 'a%20b/%C3%BC%230%3F%25.yaml', 'caf%E9.yaml']);
    const [first] = findings;
    const moved = reportOf([{ ...(first as Finding), line: 99 }]) as { runs: typeof runs };
    expect(moved.runs[0].results[0]?.partialFingerprints).toEqual(results[0]?.partialFingerprints);
    expect(new Set(results.map((result) => JSON.stringify(result.partialFingerprints))).size).toBe(results.length);
  });

  it('git sops check writes it, without a value', async () => {
    const team = await createTeam(secretRule);
    await team.box.commit({ 'secrets/db.yaml': 'password: hunter2\n' });
    const oid = await team.box.gitBytes(['hash-object', '-w', '--stdin'], { input: 'password: hunter3\n' });
    const path = Buffer.from('secrets/l\xe9ak.yaml', 'latin1');
    const entry = Buffer.concat([Buffer.from(`100644 ${oid.toString().trim()}\t`), path, Buffer.from('\0')]);
    await team.box.gitBytes(['update-index', '-z', '--index-info'], { input: entry });
    const done = await team.sops('check', '--format', 'sarif');
    expect(done.code).toBe(1);
    const log = JSON.parse(done.stdout.toString());
    expect(valid(log), JSON.stringify(valid.errors)).toBe(true);
    if (validPublished !== null) expect(validPublished(log)).toBe(true);
    expect(log.runs[0].results).toHaveLength(1);
    expect(done.stdout.toString()).toContain('secrets/l%E9ak.yaml');
    expect(done.stdout.toString()).not.toContain('hunter');
  });
});

interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly locations: readonly { readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } } }[];
  readonly partialFingerprints: Record<string, string>;
}
