import { posix } from 'node:path';
import type { GitPath } from '../../git/path.ts';
import { cleanFolder } from './flux-kustomizations.ts';
import { below, isPlain, listAt, type Plain, plainOf, readManifests, textAt, textsAt } from './manifests.ts';

/** A file that a build reads, and what for. */
export interface Reading {
  readonly path: GitPath;
  /** `kustomization`: an encrypted kustomization.yaml itself. */
  readonly as: 'resource' | 'source' | 'patch' | 'other' | 'kustomization';
  /** Of a source: what its format is taken from. */
  readonly key: string;
  /** Of a source: lines of `KEY=value` rather than a file. */
  readonly env: boolean;
  /** The kustomization.yaml's own words for it. */
  readonly by: string;
}

export interface Tree {
  has(path: GitPath): boolean;
  isFolder(path: GitPath): boolean;
  /** All files below a folder. */
  below(folder: GitPath): readonly GitPath[];
  read(path: GitPath): Promise<Buffer | null>;
}

const kustomizationNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

/** What Flux reads of a folder: what its kustomization.yaml says, or all manifests where there is none, as Flux's generator does. */
export async function readingsOf(tree: Tree, folder: GitPath, components: readonly GitPath[] = []): Promise<Reading[]> {
  const walker = new Walker(tree);
  await walker.folder(folder);
  for (const component of components) await walker.folder(component);
  return walker.readings;
}

class Walker {
  readonly readings: Reading[] = [];
  readonly #tree: Tree;
  readonly #seen = new Set<string>();

  constructor(tree: Tree) {
    this.#tree = tree;
  }

  async folder(folder: GitPath): Promise<void> {
    if (this.#seen.has(folder)) return;
    this.#seen.add(folder);
    const file = kustomizationIn(this.#tree, folder);
    if (file !== null) await this.#kustomization(folder, file);
    else for (const path of generated(this.#tree, folder)) await this.#resource(path, 'a generated kustomization.yaml');
  }

  async #kustomization(folder: GitPath, file: GitPath): Promise<void> {
    const source = await this.#tree.read(file);
    const document = source === null ? undefined : (await readManifests(source))?.documents[0];
    const value = document === undefined ? null : plainOf(document);
    if (value === null) return;
    if (isPlain(value['sops'])) this.#add(file, 'kustomization', posix.basename(file));
    const at = (path: string) => cleanFolder(posix.join(folder, path));
    for (const list of ['resources', 'components', 'bases']) {
      for (const path of textsAt(value, list)) if (!isRemote(path)) await this.#resource(at(path), list);
    }
    for (const generator of mappingsAt(value, 'secretGenerator'))
      this.#sources(generator, at, 'source', 'secretGenerator');
    for (const generator of mappingsAt(value, 'configMapGenerator')) {
      this.#sources(generator, at, 'other', 'configMapGenerator');
    }
    for (const patch of mappingsAt(value, 'patches')) {
      const path = textAt(patch, 'path');
      if (path !== null && !isRemote(path)) this.#add(at(path), 'patch', 'patches', path);
    }
    for (const path of otherFiles(value)) this.#add(at(path.path), 'other', path.by);
  }

  async #resource(path: GitPath, by: string): Promise<void> {
    if (this.#tree.isFolder(path)) await this.folder(path);
    else this.#add(path, 'resource', by);
  }

  #sources(generator: Plain, at: (path: string) => GitPath, as: Reading['as'], by: string): void {
    for (const file of textsAt(generator, 'files')) {
      const [key = '', path = key] = splitOnce(file);
      this.#add(at(path), as, `${by}.files`, key);
    }
    const envs = [...textsAt(generator, 'envs'), ...(textAt(generator, 'env') ?? '').split('\n').filter(Boolean)];
    for (const path of envs) this.#add(at(path), as, `${by}.envs`, path, true);
  }

  #add(path: GitPath, as: Reading['as'], by: string, key = path, env = false): void {
    const name = [path, as, key, env].join('\0');
    if (this.#seen.has(name) || !this.#tree.has(path)) return;
    this.#seen.add(name);
    this.readings.push({ path, as, key, env, by });
  }
}

function kustomizationIn(tree: Tree, folder: GitPath): GitPath | null {
  return kustomizationNames.map((name) => posix.join(folder, name)).find((path) => tree.has(path)) ?? null;
}

/** Manifests below, and folders with a kustomization.yaml of their own as one. */
function generated(tree: Tree, folder: GitPath): GitPath[] {
  const found = new Set<GitPath>();
  for (const path of tree.below(folder)) {
    const nested = foldersBetween(folder, path).find((inner) => kustomizationIn(tree, inner) !== null);
    if (nested !== undefined) found.add(nested);
    else if (/\.ya?ml$/.test(path)) found.add(path);
  }
  return [...found];
}

/** Between a folder and a file in it, the outermost first. */
function foldersBetween(folder: GitPath, path: GitPath): GitPath[] {
  const rest = folder === '' ? path : path.slice(folder.length + 1);
  const parts = rest.split('/').slice(0, -1);
  return parts.map((_, i) => posix.join(folder, ...parts.slice(0, i + 1)));
}

/** What a kustomization.yaml reads besides: none of it is decrypted. */
function* otherFiles(value: Plain): Generator<{ path: string; by: string }> {
  for (const by of ['patchesStrategicMerge', 'crds', 'configurations', 'transformers', 'generators', 'validators']) {
    // Text with a line break is the thing itself and no name of it.
    for (const path of textsAt(value, by)) if (!path.includes('\n') && !isRemote(path)) yield { path, by };
  }
  for (const by of ['patchesJson6902', 'replacements']) {
    for (const { path } of mappingsAt(value, by)) if (typeof path === 'string') yield { path, by };
  }
  for (const chart of mappingsAt(value, 'helmCharts')) {
    const files = [textAt(chart, 'valuesFile'), ...textsAt(chart, 'additionalValuesFiles')];
    for (const path of files) if (path !== null) yield { path, by: 'helmCharts' };
  }
  const path = textAt(below(value, 'openapi'), 'path');
  if (path !== null) yield { path, by: 'openapi' };
}

function mappingsAt(value: Plain, key: string): Plain[] {
  return listAt(value, key).filter(isPlain);
}

function splitOnce(text: string): string[] {
  const at = text.indexOf('=');
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** kustomize's remote bases: a URL, `git@…`, `github.com/…` with `//` or `?ref=`. */
function isRemote(path: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(path) || /^[\w.-]+@/.test(path) || /\?(?:ref|version|timeout)=/.test(path);
}
