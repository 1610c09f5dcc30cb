import { posix } from 'node:path';
import type { GitPath } from '../../git/path.ts';
import { below, type Plain, plainOf, readManifests, textAt, textsAt } from './manifests.ts';

/** A Flux Kustomization: a folder of a repository, and how the cluster opens what is encrypted in it. */
export interface FluxKustomization {
  /** Where it stands; null for the one that stands for a whole repository without any. */
  readonly file: GitPath | null;
  readonly line: number;
  readonly name: string;
  readonly namespace: string;
  /** The folder, without `./` and `/` at its ends; empty for the top. Null where a variable stands in it. */
  readonly folder: GitPath | null;
  readonly components: readonly GitPath[];
  /** Null where it decrypts nothing. */
  readonly decryption: { readonly secret: string | null } | null;
}

export const fluxGroup = 'kustomize.toolkit.fluxcd.io/';

/** All that a file of manifests declares. */
export async function fluxKustomizationsIn(file: GitPath, source: Uint8Array): Promise<FluxKustomization[]> {
  const manifests = await readManifests(source);
  const found: FluxKustomization[] = [];
  for (const document of manifests?.documents ?? []) {
    const value = plainOf(document);
    if (value === null || value['kind'] !== 'Kustomization') continue;
    if (!textAt(value, 'apiVersion')?.startsWith(fluxGroup)) continue;
    found.push(kustomizationOf(value, file, manifests?.lines.linePos(document.range?.[0] ?? 0).line ?? 1));
  }
  return found;
}

function kustomizationOf(value: Plain, file: GitPath, line: number): FluxKustomization {
  const spec = below(value, 'spec');
  const metadata = below(value, 'metadata');
  const path = textAt(spec, 'path') ?? './';
  const folder = path.includes('${') ? null : cleanFolder(path);
  return {
    file,
    line,
    name: textAt(metadata, 'name') ?? '?',
    namespace: textAt(metadata, 'namespace') ?? 'default',
    folder,
    components: folder === null ? [] : textsAt(spec, 'components').map((path) => cleanFolder(posix.join(folder, path))),
    decryption:
      below(spec, 'decryption')['provider'] === 'sops'
        ? { secret: textAt(below(spec, 'decryption', 'secretRef'), 'name') }
        : null,
  };
}

/** From the top, without `./` and `/` at its ends. */
export function cleanFolder(path: string): GitPath {
  const clean = posix.join('/', path).slice(1).replace(/\/+$/, '');
  return clean === '.' ? '' : clean;
}
