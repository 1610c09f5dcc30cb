import { type CreationRule, showRecipient } from '../../document/creation-rule.ts';
import { parseCreationRules } from '../../document/creation-rules.ts';
import { configName, createRuleFinder, type RuleFinder } from '../../document/rule-finder.ts';
import { mayBeEncrypted } from '../../document/sops-file.ts';
import { GitSopsError } from '../../errors.ts';
import type { BlobReader } from '../../git/blob-reader.ts';
import type { GitPath } from '../../git/path.ts';
import { shellPath } from '../../quote.ts';
import { type Cluster, findCluster, namedRecipients, opens, shownGroups } from './cluster.ts';
import { type FluxKustomization, fluxGroup, fluxKustomizationsIn } from './flux-kustomizations.ts';
import { type IndexTree, indexTree } from './index-tree.ts';
import { judgeManifests } from './judge-manifests.ts';
import { judgeSource } from './judge-source.ts';
import { readManifests } from './manifests.ts';
import { type Reading, readingsOf } from './reads.ts';
import type { Trap } from './trap.ts';

export interface FluxVerdict {
  readonly cluster: Cluster;
  readonly kustomizations: readonly JudgedKustomization[];
  readonly traps: readonly Trap[];
}

export interface JudgedKustomization extends FluxKustomization {
  /** How many files it reads, and how many of them are encrypted. Null for a folder that is not in this repository. */
  readonly reads: { readonly files: number; readonly encrypted: number } | null;
}

/**
 * Judges all that Flux would read of what the index holds.
 * @param folders limits it to Kustomizations that stand or read there; a folder that none of them reads is judged by itself
 */
export async function checkFlux(
  folders: readonly GitPath[],
  recipients: readonly string[],
  blobs: BlobReader,
): Promise<FluxVerdict> {
  const tree = await indexTree(blobs);
  const rules = createRuleFinder((path) => tree.read(path));
  const cluster = findCluster(recipients, await known(tree));
  const judge = new Judge(tree, rules, cluster);
  const kustomizations: JudgedKustomization[] = [];
  for (const kustomization of await chosen(tree, folders))
    kustomizations.push(await judge.kustomization(kustomization));
  return { cluster, kustomizations, traps: judge.traps };
}

async function known(tree: IndexTree) {
  const named = [];
  for (const path of tree.paths.filter((path) => path === configName || path.endsWith(`/${configName}`))) {
    const source = await tree.read(path);
    if (source === null) continue;
    try {
      named.push(...namedRecipients((await parseCreationRules(source, { bare: true })).rules ?? [], source));
    } catch (error) {
      throw error instanceof GitSopsError ? error.with({ file: path }) : error;
    }
  }
  return named;
}

async function chosen(tree: IndexTree, folders: readonly GitPath[]): Promise<FluxKustomization[]> {
  const all: FluxKustomization[] = [];
  for (const path of tree.paths.filter((path) => /\.(?:ya?ml|json)$/.test(path))) {
    const source = await tree.read(path);
    if (source?.includes(fluxGroup)) all.push(...(await fluxKustomizationsIn(path, source)));
  }
  if (folders.length === 0) return all.length > 0 ? all : [wholeOf('')];
  return folders.flatMap((folder) => {
    const here = all.filter(
      ({ file, folder: reads }) => isIn(file ?? '', folder) || (reads !== null && isIn(reads, folder)),
    );
    if (here.length > 0) return here;
    // A typing error would be a cluster without findings.
    if (!tree.isFolder(folder)) {
      throw new GitSopsError('no-such-path', { file: folder, detail: 'in the index', other: 'folder' });
    }
    return [wholeOf(folder)];
  });
}

/** Where nothing says what Flux reads, it may be all of it, with a decryption that stands elsewhere. */
function wholeOf(folder: GitPath): FluxKustomization {
  const decryption = { secret: 'sops-age' };
  return {
    file: null,
    line: 1,
    name: folder === '' ? 'this repository' : folder,
    namespace: '',
    folder,
    components: [],
    decryption,
  };
}

function isIn(path: GitPath, folder: GitPath): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`);
}

class Judge {
  readonly traps: Trap[] = [];
  readonly #tree: IndexTree;
  readonly #rules: RuleFinder;
  readonly #cluster: Cluster;
  readonly #told = new Set<string>();

  constructor(tree: IndexTree, rules: RuleFinder, cluster: Cluster) {
    this.#tree = tree;
    this.#rules = rules;
    this.#cluster = cluster;
  }

  async kustomization(kustomization: FluxKustomization): Promise<JudgedKustomization> {
    const { folder, components } = kustomization;
    if (folder === null || !this.#tree.isFolder(folder)) return { ...kustomization, reads: null };
    const readings = await readingsOf(this.#tree, folder, components);
    const encrypted: GitPath[] = [];
    for (const reading of readings) if (await this.#reading(reading)) encrypted.push(reading.path);
    this.#decryption(kustomization, encrypted);
    const count = (paths: readonly GitPath[]) => new Set(paths).size;
    return { ...kustomization, reads: { files: count(readings.map(({ path }) => path)), encrypted: count(encrypted) } };
  }

  /** @returns whether the file is encrypted */
  async #reading(reading: Reading): Promise<boolean> {
    const { as } = reading;
    const path = await this.#tree.behindLinks(reading.path);
    if (as === 'kustomization') {
      const mend = `narrow path_regex in .sops.yaml so that it leaves ${shellPath(path)} out, git sops init, and git add --renormalize -- ${shellPath(path)}`;
      this.#tell({ kind: 'encrypted-kustomization', path, mend });
      return true;
    }
    await this.#rule(path);
    const content = await this.#tree.read(path);
    if (content === null) return false;
    if (as === 'source' || as === 'patch') {
      const { traps, file } = await judgeSource(reading, content);
      this.#tell(...traps);
      if (file !== null) this.#access(path, shownGroups(file.metadata.keyGroups), file.metadata.shamirThreshold);
      return file !== null;
    }
    if (!mayBeEncrypted(content)) return false;
    if (as === 'other') {
      const mend = `read ${shellPath(path)} by secretGenerator or as a Secret of its own`;
      this.#tell({ kind: 'never-decrypted', path, detail: `read by ${reading.by}`, mend });
      return true;
    }
    const manifests = await readManifests(content);
    if (manifests === null) {
      this.#tell({ kind: 'unreadable-file', path, mend: `git sops check -- ${shellPath(path)}` });
      return true;
    }
    const { traps, groups } = await judgeManifests(path, manifests);
    this.#tell(...traps);
    for (const { groups: wrapped, threshold } of groups) this.#access(path, shownGroups(wrapped), threshold);
    return true;
  }

  /** Whether the cluster opens a file, or a document of it. */
  #access(path: GitPath, groups: readonly (readonly string[])[], threshold: number): void {
    if (this.#cluster.recipients.length === 0 || opens(this.#cluster, groups, threshold)) return;
    const whom = groups.flat();
    const detail = `it is encrypted for ${whom.slice(0, 3).join(', ')}${whom.length > 3 ? ` and ${whom.length - 3} more` : ''}`;
    this.#tell({ kind: 'cluster-cannot-read', path, detail, mend: `git sops updatekeys ${shellPath(path)}` });
  }

  /** The rule decides about the next file, and about this one when it is rotated. */
  async #rule(path: GitPath): Promise<void> {
    const found = await this.#rules.find(path);
    if (found === null || this.#cluster.recipients.length === 0) return;
    const { rule, configPath } = found;
    if (opens(this.#cluster, groupsOf(rule), rule.shamirThreshold)) return;
    this.#tell({
      kind: 'rule-without-cluster',
      path: configPath,
      line: rule.line,
      detail: `it covers ${path}, which Flux reads`,
      mend: `git sops recipients add ${this.#cluster.recipients[0] ?? 'age1…'} --name cluster --path ${shellPath(path)}`,
    });
  }

  #decryption({ file, line, name, decryption }: FluxKustomization, encrypted: readonly GitPath[]): void {
    const [first] = encrypted;
    if (file === null || first === undefined) return;
    const detail = `${name} reads ${first}${encrypted.length > 1 ? ` and ${encrypted.length - 1} more` : ''}`;
    const mend = `put what git sops flux decryption prints into ${shellPath(file)}`;
    if (decryption === null) this.#tell({ kind: 'no-decryption', path: file, line, detail, mend });
    else if (decryption.secret === null) this.#tell({ kind: 'no-key-secret', path: file, line, detail, mend });
  }

  /** A file that several Kustomizations read is told of once, and so is a rule. */
  #tell(...traps: readonly Trap[]): void {
    for (const trap of traps) {
      const { kind, path, line, keyPath } = trap;
      const id = [kind, path, line, keyPath].join('\0');
      if (!this.#told.has(id)) this.traps.push(trap);
      this.#told.add(id);
    }
  }
}

function groupsOf({ groups }: CreationRule): string[][] {
  return groups.map((group) => group.map(showRecipient));
}
