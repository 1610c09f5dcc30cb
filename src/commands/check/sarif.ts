import { type Finding, type FindingKind, findingKinds, severityOf } from '../../document/finding.ts';
import { fingerprintOf, placeFingerprintOf } from '../../document/fingerprint.ts';
import { encodePath } from '../../git/path.ts';
import type { Report } from './report.ts';
import { sentenceOf } from './sentence.ts';

/** SARIF 2.1.0 (OASIS), as code scanning services take it. What is accepted is in it too, as suppressed. */
export function sarifReport({ findings, accepted = [] }: Report, version: string): string {
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
              fullDescription: { text: findingKinds[id].help },
              help: helpOf(id),
              defaultConfiguration: { level: severityOf(id) },
            })),
          },
        },
        // Columns are counted in UTF-16 units, as the parsers count them.
        columnKind: 'utf16CodeUnits',
        results: [
          ...findings.map((finding) => resultOf(finding, kinds)),
          ...accepted.map(({ finding, reason }) => ({
            ...resultOf(finding, kinds),
            suppressions: [{ kind: 'external', justification: reason }],
          })),
        ],
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

/** The whole explanation: there is no page on the web that a `helpUri` could lead to, and services show this one beside the result. */
function helpOf(id: FindingKind): { text: string; markdown: string } {
  const { title, help, mend } = findingKinds[id];
  const more = `git sops check --explain ${id}`;
  return {
    text: `${help} To mend it: ${mend}. More: ${more}, docs/findings.md#${id}.`,
    markdown: `**${title}.** ${help}\n\nTo mend it: \`${mend}\`\n\nMore: \`${more}\`, \`docs/findings.md#${id}\``,
  };
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
    locations: [{ physicalLocation: { artifactLocation: artifactOf(path), ...region }, ...logical }],
    partialFingerprints: { 'gitSops/v1': placeFingerprintOf(finding), 'gitSopsContent/v1': fingerprintOf(finding) },
  };
}

/** A key file is outside of the repository. */
function artifactOf(path: string): { uri: string; uriBaseId?: string } {
  return path.startsWith('/') ? { uri: `file://${uriOf(path)}` } : { uri: uriOf(path), uriBaseId: '%SRCROOT%' };
}

/** The path's bytes, which need not be UTF-8, with all but RFC 3986's unreserved characters and the slash escaped. */
function uriOf(path: string): string {
  let uri = '';
  for (const byte of encodePath(path)) {
    const character = String.fromCharCode(byte);
    uri += /[\w.~/-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return uri;
}
