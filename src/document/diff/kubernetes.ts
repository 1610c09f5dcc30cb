import { type Cell, idOf, textOf } from './cell.ts';

/**
 * Kubernetes keeps the `data` of a Secret as base64 (core/v1 Secret). People compare what it stands for, so the cells of
 * such values hold that.
 */
export function decodeSecretData(cells: readonly Cell[]): Cell[] {
  const secrets = new Set(cells.filter(saysSecret).map(({ document, path }) => key(document, path.slice(0, -1))));
  if (secrets.size === 0) return [...cells];
  return cells.map((cell) => {
    const { document, path, shown } = cell;
    if (path.length < 2 || path.at(-2) !== 'data' || !secrets.has(key(document, path.slice(0, -2)))) return cell;
    if (shown.type !== 'str' || typeof shown.content !== 'string') return cell;
    const content = decoded(shown.content);
    return content === null
      ? cell
      : { ...cell, id: idOf('base64', content), shown: { ...shown, content, decoded: true } };
  });
}

function saysSecret({ path, shown }: Cell): boolean {
  return path.at(-1) === 'kind' && shown.content === 'Secret';
}

/** Null for what is no base64. Line breaks in it are ignored, as Kubernetes ignores them. */
function decoded(base64: string): string | Uint8Array | null {
  const compact = base64.replace(/[\r\n]/g, '');
  if (compact === '' || compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) return null;
  const bytes = Buffer.from(compact, 'base64');
  return textOf(bytes) ?? new Uint8Array(bytes);
}

function key(document: number, path: Cell['path']): string {
  return JSON.stringify([document, path]);
}
