import type { ScalarNode } from './node.ts';
import { coreTag } from './resolve.ts';

/**
 * Whether a scalar has a tag of the user's own, or an anchor that nothing refers to. Either may be a secret that somebody wrote
 * without quotes (`password: &Secret1`): sops drops both, so nobody reads them from an encrypted file, and Git must not get them.
 */
export function hasPrivateSign({ tag, anchor, aliased }: ScalarNode): boolean {
  return (tag !== null && !coreTags.has(coreTag(tag.value))) || (anchor !== null && aliased !== true);
}

const coreTags = new Set(['', 'str', 'int', 'float', 'bool', 'null', 'binary', 'timestamp']);
