import type { MetadataTree } from '../format.ts';
import { lineEndOf } from '../source-text.ts';
import type { Splice } from '../splice.ts';
import { emit, type Style } from './emit.ts';
import { followNode, sameValue } from './metadata-edit.ts';
import { plainOf } from './metadata-node.ts';
import type { JsonMember, JsonObject } from './scan.ts';

/** An encrypted file that the new one follows. */
export interface Base {
  readonly text: string;
  readonly root: JsonObject;
}

const isMetadata = ({ key }: JsonMember) => key === 'sops';

/** The `sops` member of the root object. */
export function metadataMember(root: JsonObject): JsonMember | undefined {
  return root.members.find(isMetadata);
}

/** Takes the `sops` member out, with one comma. `insertMetadata` puts it back into the same bytes. */
export function removeMetadata({ members, start }: JsonObject): Splice {
  const at = members.findIndex(isMetadata);
  const previous = members[at - 1];
  const member = members[at] as JsonMember;
  const next = members[at + 1];
  if (previous !== undefined) return { start: previous.value.end, end: member.value.end, text: '' };
  if (next !== undefined) return { start: member.keyStart, end: next.keyStart, text: '' };
  return { start: start + 1, end: member.value.end, text: '' };
}

/**
 * Puts the metadata into the root object: as its last entry, laid out as the file is, or with a base where and as it stands
 * there.
 */
export function insertMetadata(text: string, root: JsonObject, metadata: MetadataTree, like: Base | null): Splice {
  const style = styleOf(text, root);
  const { members } = root;
  const last = members.at(-1);
  const old = like === null ? undefined : metadataMember(like.root);
  if (like === null || old === undefined) {
    const at = last?.value.end ?? root.start + 1;
    return { start: at, end: at, text: `${defaultGap(text, root)}"sops": ${emit(metadata, style)}` };
  }

  const source = like.text.slice(old.keyStart, old.value.start) + followMetadata(like, old, metadata, style);
  const index = like.root.members.indexOf(old);
  const previous = like.root.members[index - 1];
  const next = like.root.members[index + 1];
  const first = members[0];
  if (first === undefined || last === undefined) {
    const only = previous === undefined && next === undefined;
    const gap = only ? like.text.slice(like.root.start + 1, old.keyStart) : defaultGap(text, root);
    return { start: root.start + 1, end: root.start + 1, text: gap + source };
  }
  if (previous === undefined && next !== undefined) {
    const gap = like.text.slice(old.value.end, next.keyStart);
    return { start: first.keyStart, end: first.keyStart, text: source + gap };
  }
  const before = next === undefined ? last : (members.find(({ key }) => key === previous?.key) ?? last);
  const gap = previous === undefined ? defaultGap(text, root) : like.text.slice(previous.value.end, old.keyStart);
  return { start: before.value.end, end: before.value.end, text: gap + source };
}

/** In an encrypted file: the metadata value written anew where it differs. */
export function replaceMetadata(base: Base, metadata: MetadataTree): Splice {
  const old = metadataMember(base.root) as JsonMember;
  const text = followMetadata(base, old, metadata, styleOf(base.text, base.root));
  return { start: old.value.start, end: old.value.end, text };
}

function followMetadata(like: Base, { value }: JsonMember, metadata: MetadataTree, style: Style): string {
  const own = styleOf(like.text, like.root);
  const followed = followNode(like.text, value, metadata, own);
  // Flux knows an encrypted source by these bytes. A foreign formatter may have taken the blank out: the first change mends it.
  const { mac } = metadata;
  const recognised = typeof mac !== 'string' || !mac.startsWith('ENC[') || followed.includes('"mac": "ENC[');
  return recognised || sameValue(plainOf(value), metadata) ? followed : emit(metadata, style);
}

/** What stands between the last entry and the metadata. */
function defaultGap(text: string, root: JsonObject): string {
  const { line } = styleOf(text, root);
  const comma = root.members.length === 0 ? '' : ',';
  if (line !== null) return comma + line;
  const [first, second] = root.members;
  if (first === undefined) return '';
  const spaced = second === undefined ? /:\s/ : /,\s/;
  const between =
    second === undefined ? text.slice(first.keyStart, first.value.start) : text.slice(first.value.end, second.keyStart);
  return spaced.test(between) ? ', ' : ',';
}

/** How the entries of the root object are laid out, by its last one and its closing brace. */
function styleOf(text: string, root: JsonObject): Style {
  const { members } = root;
  const last = members.at(-1);
  if (last === undefined) return { line: null, unit: '\t' };
  // What stands before the last key, from the comma or the opening brace on.
  const sign = text.lastIndexOf(members.length > 1 ? ',' : '{', last.keyStart - 1);
  const lead = text.slice(sign + 1, last.keyStart);
  const newline = lead.lastIndexOf('\n');
  if (newline < 0) return { line: null, unit: '\t' };
  const indent = lead.slice(newline + 1);
  const closing =
    text
      .slice(last.value.end, root.end - 1)
      .split('\n')
      .at(-1) ?? '';
  const unit = indent.startsWith(closing) ? indent.slice(closing.length) : indent;
  return { line: lineEndOf(text) + indent, unit: unit === '' ? '\t' : unit };
}
