import type { Document, Node, Pair, Scalar } from 'yaml';
import type { GitPath } from '../../git/path.ts';
import { type KeyGroup, readKeyGroups } from '../../keys/key-group.ts';
import { shellPath } from '../../quote.ts';
import { aadOf, type KeyPath, showKeyPath } from '../../tree/key-path.ts';
import { fluxGroup } from './flux-kustomizations.ts';
import { below, isPlain, listAt, type Manifests, type Plain, plainOf, textAt } from './manifests.ts';
import type { Trap, TrapKind } from './trap.ts';

type Yaml = typeof import('yaml');

/** What Flux meets in a file of resources: it splits the file and decrypts each document by the metadata in it. */
export interface JudgedManifests {
  readonly traps: Trap[];
  /** Of each document that is encrypted: who can open it. */
  readonly groups: { readonly groups: readonly KeyGroup[]; readonly threshold: number }[];
}

const isToken = (value: unknown): value is string => typeof value === 'string' && value.startsWith('ENC[AES256_GCM,');
const metadataKey = 'sops';

export async function judgeManifests(path: GitPath, { documents, lines }: Manifests): Promise<JudgedManifests> {
  const yaml = await import('yaml');
  const judged: JudgedManifests = { traps: [], groups: [] };
  for (const document of documents) {
    const lineOf = (node: { range?: readonly number[] | null } | null) =>
      lines.linePos(node?.range?.[0] ?? document.range?.[0] ?? 0).line;
    const trap = (kind: TrapKind, mend: string, node: Node | null = null, more: Partial<Trap> = {}) =>
      judged.traps.push({ kind, path, line: lineOf(node), mend, ...more });
    const value = plainOf(document);
    if (value === null) continue;
    judgeDocument(yaml, path, document, value, trap, judged);
  }
  return judged;
}

type Tell = (kind: TrapKind, mend: string, node?: Node | null, more?: Partial<Trap>) => void;

function judgeDocument(
  yaml: Yaml,
  path: GitPath,
  document: Document,
  value: Plain,
  trap: Tell,
  judged: JudgedManifests,
): void {
  const name = shellPath(path);
  const metadata = below(value, metadataKey);
  const hasMac = textAt(metadata, 'mac') !== null;
  if (Object.keys(value).length === 1 && isPlain(value[metadataKey])) {
    trap('empty-document', `take the empty document out of ${name}, then git add -- ${name}`);
    return;
  }
  const tokens = tokensOf(yaml, document, trap, name);
  const [first] = tokens;
  const kind = value['kind'];
  const items = typeof kind === 'string' && kind.endsWith('List') ? listAt(value, 'items').filter(isPlain) : [];
  if (hasMac)
    judged.groups.push({ groups: readKeyGroups(metadata), threshold: Number(metadata['shamir_threshold'] ?? 0) });
  if (first === undefined) return;
  if (items.length > 0) {
    if (items.some((item) => textAt(below(item, metadataKey), 'mac') === null)) {
      trap('list', `write the items of ${name} as documents of their own, then git add -- ${name}`, document.contents);
    }
    return;
  }
  if (!hasMac)
    trap('document-without-metadata', `git sops rotate ${name}`, first.node, { keyPath: showKeyPath(first.path) });
  const unnamed = tokens.find(({ path: [top, second] }) => isIdentity(top, second));
  if (unnamed !== undefined) {
    const mend = "set encrypted_regex: '^(data|stringData)$' in the rule, then git sops rotate";
    trap('encrypted-identity', `${mend} ${name}`, unnamed.node, { keyPath: showKeyPath(unnamed.path) });
  }
  const disabled = below(value, 'metadata', 'annotations')[`${fluxGroup}decrypt`];
  if (typeof disabled === 'string' && disabled.toLowerCase() === 'disabled') {
    trap('decryption-disabled', `take the annotation ${fluxGroup}decrypt out of ${name}`, document.contents);
  }
}

/** What kustomize goes by. */
function isIdentity(top: string | number | undefined, second: string | number | undefined): boolean {
  return (
    top === 'apiVersion' || top === 'kind' || (top === 'metadata' && (second === 'name' || second === 'namespace'))
  );
}

interface Token {
  readonly node: Node;
  readonly path: KeyPath;
}

/** Every ciphertext where it is spelled, outside of the metadata; tells of what brings one elsewhere. */
function tokensOf(yaml: Yaml, document: Document, trap: Tell, name: string): Token[] {
  const tokens: Token[] = [];
  const mend = `write the values themselves into ${name}, then git add -- ${name}`;
  yaml.visit(document, {
    Scalar(key, node: Scalar, parents) {
      if (key === 'key' || !isToken(node.value)) return;
      const path = pathOf(yaml, parents, node);
      if (path[0] !== metadataKey) tokens.push({ node, path });
    },
    Alias(_, node, parents) {
      const source = node.resolve(document);
      if (source === undefined || !holdsToken(yaml, source)) return;
      const path = pathOf(yaml, parents, node);
      if (path.includes('<<')) return trap('merge-key', mend, node, { keyPath: showKeyPath(path) });
      if (aadOf(path) !== aadOf(placeOf(yaml, document, source))) {
        trap('alias', mend, node, { keyPath: showKeyPath(path) });
      }
    },
    Pair(_, pair: Pair, parents) {
      const { key, value } = pair as { key: unknown; value: unknown };
      if (!(yaml.isScalar(key) && nameOf(key) === '<<' && yaml.isNode(value)) || yaml.isAlias(value)) return;
      const spelled = yaml.isMap(value) && holdsToken(yaml, value);
      const path = pathOf(yaml, [...parents, pair], value);
      if (spelled) trap('merge-key', mend, value, { keyPath: showKeyPath(path) });
    },
  });
  return tokens;
}

function holdsToken(yaml: Yaml, node: Node): boolean {
  let found = false;
  yaml.visit(node, {
    Scalar(_, { value }) {
      if (!isToken(value)) return undefined;
      found = true;
      return yaml.visit.BREAK;
    },
  });
  return found;
}

/** sops writes `!!merge <<`, which the parser takes for more than a text. */
function nameOf({ value }: Scalar): string {
  return typeof value === 'symbol' ? '<<' : String(value);
}

/** From the top to a node, through its ancestors. */
function pathOf(yaml: Yaml, parents: readonly unknown[], node: unknown): KeyPath {
  const path: (string | number)[] = [];
  const line = [...parents, node];
  for (const [i, parent] of line.entries()) {
    if (yaml.isPair(parent)) path.push(yaml.isScalar(parent.key) ? nameOf(parent.key) : '?');
    else if (yaml.isSeq(parent)) {
      const at = parent.items.indexOf(line[i + 1] as never);
      if (at >= 0) path.push(at);
    }
  }
  return path;
}

function placeOf(yaml: Yaml, document: Document, wanted: Node): KeyPath {
  let path: KeyPath = [];
  yaml.visit(document, {
    Node(_, node, parents) {
      if (node !== wanted) return undefined;
      path = pathOf(yaml, parents, node);
      return yaml.visit.BREAK;
    },
  });
  return path;
}
