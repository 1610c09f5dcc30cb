import { type Branch, childOf, type Tree } from './tree.ts';

/** What tells the items of a list apart, first match wins: a name, an id, a recipient; what Kubernetes goes by. */
const schemes: readonly ((item: Tree) => string | null)[] = [
  (item) => leafOf(item, 'name'),
  (item) => leafOf(item, 'id'),
  (item) => leafOf(item, 'recipient'),
  (item) => {
    const kind = leafOf(item, 'kind');
    const metadata = childOf(item, 'metadata');
    const name = leafOf(metadata, 'name');
    return kind === null || name === null ? null : JSON.stringify([kind, leafOf(metadata, 'namespace'), name]);
  },
];

/** The identities of the items of three versions of a list; null where some item has none, or two share one. */
export function identitiesOf(lists: readonly (Branch | null)[]): string[][] | null {
  if (lists.every((list) => list === null || list.entries.length === 0)) return null;
  for (const scheme of schemes) {
    const found = lists.map((list) => list?.entries.map(({ tree }) => scheme(tree)) ?? []);
    if (found.every((ids): ids is string[] => !ids.includes(null) && new Set(ids).size === ids.length)) return found;
  }
  return null;
}

/** What often names a person, and what a thing: the latter soon belongs to several (`host: localhost`). */
const persons = ['user', 'username', 'login', 'account', 'email'];
const places = ['host', 'hostname', 'domain', 'service', 'client_id'];
const namesOf = [...schemes, ...[...persons, ...places].map((key) => (item: Tree) => leafOf(item, key))];
const strongNames = namesOf.slice(0, schemes.length + persons.length);

/** Whether the names of two things are the same, or differ (one that only one of them has does); null where none says. */
export function haveOneName(a: Tree, b: Tree): boolean | null {
  if (namesOf.some((name) => name(a) !== name(b))) return false;
  return strongNames.some((name) => name(a) !== null) || null;
}

/** An item without what its identity is made of. */
export function withoutIdentity(item: Tree): Tree {
  if (item.kind !== 'map') return item;
  const named = schemes.findIndex((scheme) => scheme(item) !== null);
  const own = [['name'], ['id'], ['recipient'], ['kind', 'metadata']][named] ?? [];
  return { kind: 'map', entries: item.entries.filter(({ key }) => !own.includes(key)) };
}

function leafOf(tree: Tree | null, key: string): string | null {
  const child = childOf(tree, key);
  return child?.kind === 'leaf' ? child.meaning : null;
}
