import { GitSopsError } from '../../errors.ts';
import { showKeyPath } from '../../tree/key-path.ts';
import type { CommentLeaf, Selects, ValueLeaf } from '../../tree/leaf.ts';
import { CommentRun } from '../comment-run.ts';
import {
  type CommentPart,
  commentText,
  commentValue,
  crashesSops,
  type IniComment,
  sealedText,
  strippedLength,
} from './comment.ts';
import type { IniKey, IniSection, IniSource } from './scan.ts';
import { trimEnd } from './space.ts';

/** A leaf and what of the source it stands for. */
export type IniLeaf = ValueSlot | CommentSlot;

export interface ValueSlot {
  readonly kind: 'value';
  readonly leaf: ValueLeaf;
  readonly key: IniKey;
}

export interface CommentSlot {
  readonly kind: 'comment';
  readonly leaf: CommentLeaf;
  readonly parts: IniComment;
  /** Names the comment in the layout record; null for one that the loader drops. */
  readonly place: string | null;
  readonly owner: CommentOwner;
}

/** What a comment belongs to. */
export interface CommentOwner {
  /** Where a comment at the end of its line starts, blanks included. */
  readonly inlineFrom: number;
  /** Start of a section header's line; null for a key's, which has room for a token at its end. */
  readonly header: number | null;
}

/**
 * The leaves in sops's order: a section's comment, then each key with its comment behind it. Comments that the loader drops
 * are leaves of their section too, so that they do not stay in the clear.
 */
export function leavesOf(text: string, source: IniSource, encrypted: boolean, selects: Selects): IniLeaf[] {
  const leaves: IniLeaf[] = [];
  const seen = new Map<string, number>();
  let walk: SectionWalk | undefined;
  for (const section of source.sections) {
    if (section.name === 'sops') {
      // What stands above the metadata has no key or header below it once the metadata is taken out or put elsewhere.
      for (const part of section.comment) {
        if (part.inline) walk?.amongMetadata(part);
        else walk?.dropped(part);
      }
      for (const { comment } of section.keys) for (const part of comment) walk?.amongMetadata(part);
      continue;
    }
    const occurrence = seen.get(section.name) ?? 0;
    seen.set(section.name, occurrence + 1);
    walk = new SectionWalk(text, section, occurrence, encrypted, selects, leaves);
    walk.visit();
  }
  for (const part of source.trailing) walk?.dropped(part);
  return leaves;
}

class SectionWalk {
  readonly #text: string;
  readonly #section: IniSection;
  readonly #place: string;
  readonly #encrypted: boolean;
  readonly #selects: Selects;
  readonly #leaves: IniLeaf[];
  #run = new CommentRun();

  constructor(
    text: string,
    section: IniSection,
    occurrence: number,
    encrypted: boolean,
    selects: Selects,
    leaves: IniLeaf[],
  ) {
    this.#text = text;
    this.#section = section;
    this.#place = `${pointer(section.name)}/${occurrence}`;
    this.#encrypted = encrypted;
    this.#selects = selects;
    this.#leaves = leaves;
  }

  visit(): void {
    const { comment, inlineFrom, keys, header } = this.#section;
    this.#comment(comment, this.#place, { inlineFrom, header: header?.start ?? null });
    for (const key of keys) {
      const { name, value } = key;
      const selected = this.#value(key);
      const before = this.#leaves.length;
      this.#comment(key.comment, `${this.#place}${pointer(name)}`, { inlineFrom: value.end, header: null });
      if (value.ignored !== null) this.#behind(key, value.ignored);
      if (selected && !this.#encrypted) this.#refuseSplit(key, this.#leaves.slice(before));
    }
  }

  /** A comment that the loader drops: in the clear nobody would miss it, and it may hold anything. */
  dropped(part: CommentPart): void {
    this.#run.push(commentValue(commentText(this.#text, [part])));
    const selected = this.#selects([this.#section.name], [[], this.#run.now], true);
    this.#push([part], null, { inlineFrom: part.start, header: null }, selected);
  }

  amongMetadata(part: CommentPart): void {
    const text = commentValue(commentText(this.#text, [part]));
    const selected = this.#selects([this.#section.name], [[], [text]], true);
    this.#push([part], null, { inlineFrom: part.start, header: null }, selected, true);
  }

  #behind({ line, column, start }: IniKey, range: { start: number; end: number }): void {
    this.dropped({ ...range, inline: true, line, column: column + range.start - start });
  }

  #value(key: IniKey): boolean {
    const { name: section } = this.#section;
    const { value } = key.value;
    const kept = this.#run.kept();
    const selected = this.#selects([section, key.name], [[], this.#run.now], false);
    this.#run = new CommentRun();
    const leaf: ValueLeaf = {
      kind: 'value',
      path: [section, key.name],
      document: 0,
      line: key.line,
      column: key.column,
      selected,
      type: 'str',
      plaintext: this.#encrypted ? withoutReturn(value) : value,
      canonical: value,
      get comments() {
        return [[], kept()];
      },
    };
    this.#leaves.push({ kind: 'value', leaf, key });
    return selected;
  }

  #comment(comment: IniComment, place: string, owner: CommentOwner): void {
    const whole = commentText(this.#text, comment);
    if (whole === '') return;
    const value = commentValue(whole);
    this.#run.push(value);
    const selected = this.#selects([this.#section.name], [[], this.#run.now], true);
    if (!this.#encrypted) {
      if (!selected && crashesSops(value)) {
        const { line, column } = comment[0] as CommentPart;
        throw new GitSopsError('comment-crashes-sops', { line, column });
      }
      this.#push(comment, place, owner, selected);
      return;
    }
    // Hand edits put comments around a ciphertext. Each line then speaks for itself.
    for (const part of comment) this.#push([part], place, owner, selected);
  }

  #push(parts: IniComment, place: string | null, owner: CommentOwner, selected: boolean, inMetadata = false): void {
    const whole = commentText(this.#text, parts);
    const plaintext = this.#encrypted ? commentValue(whole) : sealedText(whole);
    if (plaintext === '') return;
    const { line, column } = parts[0] as CommentPart;
    const kept = this.#run.kept();
    const leaf: CommentLeaf = {
      kind: 'comment',
      path: [this.#section.name],
      document: 0,
      line,
      column,
      selected,
      plaintext,
      inMetadata,
      get comments() {
        return [[], kept()];
      },
    };
    this.#leaves.push({ kind: 'comment', leaf, parts, place, owner });
  }

  /**
   * To sops a `#` or `;` ends a value wherever it stands; to most programs it does not. Where the selector would encrypt what
   * is before the sign and leave what is behind it, that may be the rest of a secret.
   */
  #refuseSplit({ name, line, column, value }: IniKey, behind: readonly IniLeaf[]): void {
    const last = behind.at(-1);
    if ((value.inline ?? value.ignored) === null || last?.kind !== 'comment' || last.leaf.selected) return;
    const keyPath = showKeyPath([this.#section.name, name]);
    throw new GitSopsError('comment-beside-secret', { line, column, keyPath });
  }
}

/** The range of a comment's text without its sign, and without what the loader trims. */
export function bodyOf(text: string, parts: IniComment): { sign: number; start: number; end: number } {
  const first = parts[0] as CommentPart;
  const last = parts.at(-1) as CommentPart;
  const end = trimEnd(text, first.start, last.end);
  return { sign: first.start, start: first.start + strippedLength(text.slice(first.start, end)), end };
}

function pointer(part: string): string {
  return `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function withoutReturn(value: string): string {
  return value.startsWith('ENC[') && value.endsWith(']\r') ? value.slice(0, -1) : value;
}
