import { GitSopsError } from '../../errors.ts';
import { type KeyPath, showKeyPath } from '../key-path.ts';
import type { MapEntry, ValueTree } from './value-tree.ts';

/**
 * A path as sops's command line takes it: `["users"][0]["name"]`, single quotes too.
 * @returns null for what is none
 */
export function parseValuePath(text: string): KeyPath | null {
  const path: (string | number)[] = [];
  for (const part of text.split('[')) {
    if (part === '') continue;
    if (!part.endsWith(']')) return null;
    const inner = part.slice(0, -1);
    // Whatever the closing sign is, as in sops.
    if (/^["']./.test(inner)) path.push(inner.slice(1, -1));
    else if (/^[+-]?\d{1,9}$/.test(inner)) path.push(Number(inner));
    else return null;
  }
  return path;
}

/** @throws GitSopsError `no-such-key` with the path as far as it goes; `ambiguous-key` */
export function valueAt(root: ValueTree, path: KeyPath): ValueTree {
  refuseAmbiguous(root, path);
  let at = root;
  path.forEach((part, i) => {
    const next = childAt(at, part);
    if (next === null) throw missing(path.slice(0, i + 1));
    at = next;
  });
  return at;
}

/**
 * The tree with a value put at a path, as sops's `Set` does: what is missing on the way is made, a position behind a list's end
 * appends to it, a value in the way is replaced.
 * @throws GitSopsError `ambiguous-key`; `bad-set-path` for a position in a map, or a key in a list, where sops crashes or does nothing
 */
export function withValue(root: ValueTree, path: KeyPath, value: ValueTree): ValueTree {
  refuseAmbiguous(root, path);
  return put(root, path, value);
}

function put(root: ValueTree, path: KeyPath, value: ValueTree): ValueTree {
  const [part, ...rest] = path;
  if (part === undefined) return value;
  switch (root.kind) {
    case 'map': {
      if (typeof part === 'number') throw unfit(part, 'a position, and there is a map');
      const i = root.entries.findIndex(({ key }) => key === part);
      if (i < 0) return { ...root, entries: [...root.entries, { key: part, value: grown(rest, value) }] };
      const entry = root.entries[i] as MapEntry;
      return { ...root, entries: root.entries.with(i, { ...entry, value: put(entry.value, rest, value) }) };
    }
    case 'list': {
      if (typeof part !== 'number' || part < 0) throw unfit(part, 'no position, and there is a list');
      const item = root.items[part];
      if (item === undefined) return { ...root, items: [...root.items, grown(rest, value)] };
      return { ...root, items: root.items.with(part, put(item, rest, value)) };
    }
    case 'scalar':
      return grown(path, value);
  }
}

/** @throws GitSopsError `no-such-key`; `ambiguous-key`; `bad-set-path` */
export function withoutValue(root: ValueTree, path: KeyPath): ValueTree {
  refuseAmbiguous(root, path);
  return remove(root, path, 0);
}

/** Whether a value stands there. @throws GitSopsError `bad-set-path` for a path that could never be one */
export function hasValue(root: ValueTree, path: KeyPath): boolean {
  try {
    withoutValue(root, path);
    return true;
  } catch (error) {
    if (error instanceof GitSopsError && error.code === 'no-such-key') return false;
    throw error;
  }
}

function remove(root: ValueTree, path: KeyPath, depth: number): ValueTree {
  const part = path[depth];
  if (part === undefined) throw unfit('', 'empty');
  const last = depth === path.length - 1;
  switch (root.kind) {
    case 'map': {
      const i = root.entries.findIndex(({ key }) => key === part);
      const entry = root.entries[i];
      if (entry === undefined) throw missing(path.slice(0, depth + 1));
      if (last) return { ...root, entries: root.entries.toSpliced(i, 1) };
      return { ...root, entries: root.entries.with(i, { ...entry, value: remove(entry.value, path, depth + 1) }) };
    }
    case 'list': {
      if (typeof part !== 'number' || part < 0) throw unfit(part, 'no position, and there is a list');
      const item = root.items[part];
      if (item === undefined) throw missing(path.slice(0, depth + 1));
      if (last) return { ...root, items: root.items.toSpliced(part, 1) };
      return { ...root, items: root.items.with(part, remove(item, path, depth + 1)) };
    }
    case 'scalar':
      throw new GitSopsError('not-a-collection', { keyPath: showKeyPath(path.slice(0, depth)) });
  }
}

/** The value with what a path asks for around it. */
export function grown(path: KeyPath, value: ValueTree): ValueTree {
  return path.reduceRight<ValueTree>(
    (inner, part) =>
      typeof part === 'number'
        ? { kind: 'list', items: [inner] }
        : { kind: 'map', entries: [{ key: part, value: inner }] },
    value,
  );
}

export function childAt(tree: ValueTree, part: string | number): ValueTree | null {
  if (tree.kind === 'map') return tree.entries.find(({ key }) => key === part)?.value ?? null;
  if (tree.kind === 'list' && typeof part === 'number') return tree.items[part] ?? null;
  return null;
}

/** A key that stands twice on the way: sops takes the first, most readers of the file the last, so a guess may be wrong. */
function refuseAmbiguous(root: ValueTree, path: KeyPath): void {
  let at: ValueTree | null = root;
  for (const [i, part] of path.entries()) {
    if (at?.kind === 'map' && at.entries.filter(({ key }) => key === part).length > 1) {
      throw new GitSopsError('ambiguous-key', { keyPath: showKeyPath(path.slice(0, i + 1)) });
    }
    at = at && childAt(at, part);
  }
}

function missing(path: KeyPath): GitSopsError {
  return new GitSopsError('no-such-key', { keyPath: showKeyPath(path) });
}

function unfit(part: string | number, detail: string): GitSopsError {
  return new GitSopsError('bad-set-path', { detail: `${part === '' ? 'it' : showKeyPath([part])} is ${detail}` });
}
