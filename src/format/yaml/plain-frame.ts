import { type PlainBody, type PlainLeaf, readPlainBody, tokenSource } from './plain-blocks.ts';

/** A value behind a key that is a ciphertext, or a word that every reader takes as it stands. */
const valueOfKey = new RegExp(`: ("?)(${tokenSource}|[A-Za-z_][\\w./-]*)\\1\\n`);
/** What stands for a value that was cut out, in quotes or not. No text that is read here has such a character. */
const mark = '\0';

/**
 * `readPlainBody`, for the many files of a repository that differ in nothing but values: what remains without those is read once.
 * The keys of such files are the same arrays.
 */
export function readPlainFrame(text: string): PlainBody | null {
  // What was matched comes along: text, quote, value, text, quote, value, … text.
  const pieces = text.split(valueOfKey);
  const values: string[] = [];
  let frame = '';
  for (let i = 0; i + 2 < pieces.length; i += 3) {
    frame += `${pieces[i]}${mark}`;
    values.push(pieces[i + 2] as string);
  }
  // With their number, so that no character of the text itself is taken for a mark.
  frame += `${pieces.at(-1)}${mark}${values.length}`;
  const known = frames.get(frame);
  if (known === undefined) {
    if (frames.size >= mostFrames) frames.clear();
    frames.set(frame, 'once');
    return readPlainBody(text);
  }
  // A frame that is met once is not worth the work.
  const read = known === 'once' ? readFrame(pieces) : known;
  if (known === 'once') frames.set(frame, read);
  if (read === null) return readPlainBody(text);
  const leaves = read.leaves.map(({ leaf, value }): PlainLeaf => {
    if (value === null) return leaf;
    const its = values[value] as string;
    return { keys: leaf.keys, text: its, isToken: its.startsWith('ENC[') };
  });
  return { leaves, comments: read.comments };
}

interface Frame {
  /** Each with the number of the value that it holds, or null where its text belongs to the frame. */
  readonly leaves: readonly { readonly leaf: PlainLeaf; readonly value: number | null }[];
  readonly comments: PlainBody['comments'];
}

const frames = new Map<string, Frame | 'once' | null>();
const mostFrames = 1000;

/** Reads it with a word of its own for each value, which says where that ends up. Null where one is not all of one leaf. */
function readFrame(pieces: readonly string[]): Frame | null {
  let probe = '';
  const words = new Map<string, number>();
  for (let i = 0; i + 2 < pieces.length; i += 3) {
    const [quote, word] = [pieces[i + 1], `value_${words.size}_of_a_frame`];
    probe += `${pieces[i]}: ${quote}${word}${quote}\n`;
    words.set(word, words.size);
  }
  const read = readPlainBody(probe + pieces.at(-1));
  if (read === null) return null;
  const leaves = read.leaves.map((leaf) => ({ leaf, value: words.get(leaf.text) ?? null }));
  const held = leaves.filter(({ value }) => value !== null);
  const each = new Set(held.map(({ value }) => value));
  return held.length === words.size && each.size === words.size ? { leaves, comments: read.comments } : null;
}
