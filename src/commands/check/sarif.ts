import { createHash } from 'node:crypto';
import { type Finding, type FindingKind, findingKinds, severityOf } from '../../document/finding.ts';
import type { Report } from './report.ts';

/** SARIF 2.1.0 (OASIS), as code scanning services take it. */
export function sarifReport({ findings }: Report, version: string): string {
  const kinds = Object.keys(findingKinds) as FindingKind[];
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'git-sops',
            semanticVersion: version,
            rules: kinds.map((id) => ({
              id,
              shortDescription: { text: findingKinds[id].title },
              help: { text: findingKinds[id].help },
              defaultConfiguration: { level: severityOf(id) },
            })),
          },
        },
        // Columns are counted in UTF-16 units, as the parsers count them.
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding) => resultOf(finding, kinds)),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function resultOf(finding: Finding, kinds: readonly FindingKind[]) {
  const { kind, path, line, column, keyPath, mend } = finding;
  const region = line === undefined ? {} : { region: { startLine: line, ...(column && { startColumn: column }) } };
  const logical = keyPath === undefined ? {} : { logicalLocations: [{ fullyQualifiedName: keyPath, kind: 'member' }] };
  return {
    ruleId: kind,
    ruleIndex: kinds.indexOf(kind),
    level: severityOf(kind),
    message: { text: `${sentenceOf(finding)} To mend it: ${mend}` },
    locations: [
      { physicalLocation: { artifactLocation: { uri: uriOf(path), uriBaseId: '%SRCROOT%' }, ...region }, ...logical },
    ],
    partialFingerprints: { 'gitSops/v1': fingerprintOf(finding) },
  };
}

/** Stable while lines move: kind, path and key path say which finding this is. */
function fingerprintOf({ kind, path, keyPath }: Finding): string {
  return createHash('sha256')
    .update(JSON.stringify([kind, path, keyPath ?? '']))
    .digest('hex')
    .slice(0, 32);
}

export function sentenceOf({ kind, keyPath, detail }: Finding): string {
  const where = keyPath === undefined ? '' : ` (${keyPath})`;
  const why = detail === undefined || detail === 'value' || detail === 'comment' ? '' : `: ${detail}`;
  return `${findingKinds[kind].title}${where}${why}.`;
}

function uriOf(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
