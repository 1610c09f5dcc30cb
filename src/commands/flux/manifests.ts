import type { Document, LineCounter } from 'yaml';
import { nestsTooDeep } from '../repository/yaml-nesting.ts';

/** The documents of a YAML (or JSON) file of manifests, as kustomize would see them. */
export interface Manifests {
  readonly documents: readonly Document[];
  readonly lines: LineCounter;
}

/** @returns null for what is no YAML, such as a template of Helm's */
export async function readManifests(source: Uint8Array): Promise<Manifests | null> {
  const { LineCounter, parseAllDocuments } = await import('yaml');
  const lines = new LineCounter();
  const text = Buffer.from(source.buffer, source.byteOffset, source.byteLength).toString('utf8');
  if (await nestsTooDeep(text)) return null;
  const documents = parseAllDocuments(text.replace(/^\ufeff/, ''), {
    lineCounter: lines,
    // kustomize reads YAML 1.1 with merges, as go-yaml does; what it makes of a key that is there twice is not asked here.
    version: '1.1',
    uniqueKeys: false,
    logLevel: 'silent',
    stringKeys: false,
  });
  if (!Array.isArray(documents) || documents.some(({ errors }) => errors.length > 0)) return null;
  return { documents, lines };
}

export type Plain = { readonly [key: string]: unknown };

/** Plain values; null where there are none, or where aliases of aliases would make too many. */
export function plainOf(document: Document): Plain | null {
  try {
    const value: unknown = document.toJS({ maxAliasCount: 1000 });
    return isPlain(value) ? value : null;
  } catch {
    return null;
  }
}

export function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The mapping below these keys, or an empty one. */
export function below(value: Plain, ...keys: readonly string[]): Plain {
  let here: unknown = value;
  for (const key of keys) here = isPlain(here) ? here[key] : undefined;
  return isPlain(here) ? here : {};
}

export function textAt(value: Plain, key: string): string | null {
  const found = value[key];
  return typeof found === 'string' && found !== '' ? found : null;
}

export function listAt(value: Plain, key: string): readonly unknown[] {
  const found = value[key];
  return Array.isArray(found) ? found : [];
}

export function textsAt(value: Plain, key: string): string[] {
  return listAt(value, key).filter((item) => typeof item === 'string');
}
