import type { YamlNode } from './node.ts';

/** The path of the innermost collection around an offset. */
export function enclosingPath(root: YamlNode, offset: number): (string | number)[] {
  const path: (string | number)[] = [];
  let node = root;
  for (;;) {
    const next = stepTowards(node, offset);
    if (next === null) return path;
    path.push(next.part);
    node = next.node;
  }
}

function stepTowards(node: YamlNode, offset: number): { part: string | number; node: YamlNode } | null {
  if (node.kind === 'mapping') {
    for (const { key, value } of node.pairs) if (isInside(value, offset)) return { part: key.value, node: value };
  } else if (node.kind === 'sequence') {
    for (const [i, item] of node.items.entries()) if (isInside(item, offset)) return { part: i, node: item };
  }
  return null;
}

function isInside(node: YamlNode, offset: number): boolean {
  return (node.kind === 'mapping' || node.kind === 'sequence') && node.start <= offset && offset < node.end;
}
