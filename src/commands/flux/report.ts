import { styleText } from 'node:util';
import { GitSopsError } from '../../errors.ts';
import { BlobReader } from '../../git/blob-reader.ts';
import { escapeText, quotePath } from '../../quote.ts';
import type { Io } from '../io.ts';
import { atTop } from '../repository/at-top.ts';
import { colourOn } from '../terminal/colour.ts';
import { count } from '../terminal/count.ts';
import { alignColumns } from '../terminal/table.ts';
import { checkFlux, type FluxVerdict, type JudgedKustomization } from './check.ts';
import { type Trap, traps } from './trap.ts';

export interface FluxReport {
  readonly folders: readonly string[];
  readonly recipients: readonly string[];
  readonly json: boolean;
}

/** @returns 0 clean, 1 findings, 2 where the judgement could not be made: that is never a clean result */
export async function reportFlux({ folders, recipients, json }: FluxReport, outer: Io): Promise<number> {
  const { io, path } = await atTop(outer);
  const blobs = new BlobReader({ lazyFetch: true });
  try {
    const under = folders.map((folder) => path(folder)).map((folder) => (folder === '.' ? '' : folder));
    const verdict = await checkFlux(under, recipients, blobs);
    const sorted = { ...verdict, traps: verdict.traps.toSorted(byPlace) };
    io.stdout.write(json ? jsonReport(sorted) : textReport(sorted, colourOn(io.stdout, io)));
    return verdict.traps.some(({ kind }) => traps[kind].severity === 'error') ? 1 : 0;
  } catch (error) {
    if (!(error instanceof GitSopsError)) throw error;
    io.report(error);
    return 2;
  } finally {
    await blobs.close();
  }
}

/** The stable machine format, described in docs/flux.md: fields are added, never renamed. */
function jsonReport({ cluster, kustomizations, traps: found }: FluxVerdict): string {
  const report = {
    version: 1,
    recipients: cluster.recipients,
    kustomizations: kustomizations.map(({ file, line, name, namespace, folder, decryption, reads }) => ({
      file,
      line: file === null ? null : line,
      name,
      namespace,
      folder,
      decryption,
      files: reads?.files ?? null,
      encrypted: reads?.encrypted ?? null,
    })),
    findings: found.map(({ kind, path, line, keyPath, detail, mend }) => ({
      kind,
      severity: traps[kind].severity,
      title: traps[kind].title,
      path,
      line: line ?? null,
      keyPath: keyPath ?? null,
      detail: detail ?? null,
      mend,
    })),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

function textReport({ cluster, kustomizations, traps: found }: FluxVerdict, colour: boolean): string {
  const paint = (style: 'bold' | 'red' | 'yellow' | 'green' | 'dim', text: string) =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  const lines: string[] = [alignColumns(kustomizations.map(rowOf)).trimEnd(), ''];
  for (const [path, here] of byPath(found)) {
    lines.push(paint('bold', quotePath(path)));
    for (const { kind, line, keyPath, detail, mend } of here) {
      const { severity, title } = traps[kind];
      const place = [line === undefined ? null : `line ${line}`, keyPath].filter((part) => part != null).join(', ');
      lines.push(
        `  ${paint(severity === 'error' ? 'red' : 'yellow', severity.padEnd(7))}  ${title}${place === '' ? '' : ` (${escapeText(place)})`}  [${kind}]`,
      );
      if (detail !== undefined) lines.push(`           ${escapeText(detail)}`);
      lines.push(`           ${paint('dim', 'try:')} ${escapeText(mend)}`);
    }
  }
  const who =
    cluster.recipients.length === 0
      ? `${paint('yellow', 'not judged')}: whether the cluster can decrypt; name it by --recipient, or by a comment "cluster" in .sops.yaml`
      : `the cluster is ${cluster.recipients.join(' or ')} (${escapeText(cluster.from)})`;
  const errors = found.filter(({ kind }) => traps[kind].severity === 'error').length;
  const encrypted = kustomizations.reduce((sum, { reads }) => sum + (reads?.encrypted ?? 0), 0);
  const told = `${count(encrypted, 'encrypted file')} that Flux reads`;
  if (found.length === 0) lines.push(`${paint('green', 'clean')}: ${told}`, who);
  else lines.push('', `${count(errors, 'error')}, ${count(found.length - errors, 'warning')}: ${told}`, who);
  return `${lines.join('\n')}\n`;
}

function rowOf({ name, namespace, folder, file, reads, decryption }: JudgedKustomization): string[] {
  const what =
    reads === null
      ? folder === null
        ? 'a folder with a variable in its name: not judged'
        : 'not in this repository: not judged'
      : `${count(reads.files, 'file')}, ${reads.encrypted} encrypted`;
  const key =
    file === null ? '' : decryption === null ? 'no decryption' : `key: ${decryption.secret ?? "the controller's"}`;
  return [
    escapeText(namespace === '' ? name : `${namespace}/${name}`),
    `./${folder === null ? '…' : escapeText(folder)}`,
    what,
    key,
  ];
}

function byPath(found: readonly Trap[]): Map<string, Trap[]> {
  const paths = new Map<string, Trap[]>();
  for (const trap of found) paths.set(trap.path, [...(paths.get(trap.path) ?? []), trap]);
  return paths;
}

function byPlace(a: Trap, b: Trap): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : (a.line ?? 0) - (b.line ?? 0);
}
