import type { Selects } from './leaf.ts';
import { compileRe2, type Pattern, prepareLinear } from './re2.ts';

/** Which values sops encrypts, as a rule or a file's metadata says: exactly one of six kinds. */
export interface Selector {
  readonly kind: (typeof selectorKinds)[number];
  readonly value: string;
}

/** The names of the six in `.sops.yaml` and in metadata. */
export const selectorKinds = [
  'unencrypted_suffix',
  'encrypted_suffix',
  'unencrypted_regex',
  'encrypted_regex',
  'unencrypted_comment_regex',
  'encrypted_comment_regex',
] as const;

/** sops's own, where neither rule nor metadata has one. */
export const defaultSelector: Selector = { kind: 'unencrypted_suffix', value: '_unencrypted' };

export function sameSelector(a: Selector, b: Selector): boolean {
  return a.kind === b.kind && a.value === b.value;
}

/**
 * Reads a selector's pattern before anything is encrypted by it: sops goes on with one that it cannot read, and leaves the values in
 * the clear.
 * @throws GitSopsError `bad-regex`
 */
export async function prepareSelector({ kind, value }: Selector): Promise<void> {
  if (!kind.endsWith('regex')) return;
  await prepareLinear(value);
  compileRe2(value);
}

/**
 * The selector as a predicate, with the meaning of sops's `Tree.shouldBeEncrypted` (sops.go).
 * @throws GitSopsError `bad-regex`; sops itself would take such a pattern for one that never matches
 */
export function selectsOf(selector: Selector): Selects {
  const name = `${selector.kind} ${selector.value}`;
  const known = made.get(name);
  if (known !== undefined) return known;
  const selects = predicateOf(selector);
  if (made.size >= mostRemembered) made.clear();
  made.set(name, selects);
  return selects;
}

/** One predicate for one selector, so that a file looks at its leaves under it once. They hold no state. */
const made = new Map<string, Selects>();
const mostRemembered = 100;

function predicateOf({ kind, value }: Selector): Selects {
  switch (kind) {
    case 'unencrypted_suffix':
      return (keys) => !keys.some((key) => key.endsWith(value));
    case 'encrypted_suffix':
      return (keys) => keys.some((key) => key.endsWith(value));
    case 'unencrypted_regex': {
      const pattern = remembering(compileRe2(value));
      return (keys) => !keys.some((key) => pattern.test(key));
    }
    case 'encrypted_regex': {
      const pattern = remembering(compileRe2(value));
      return (keys) => keys.some((key) => pattern.test(key));
    }
    case 'unencrypted_comment_regex': {
      const pattern = remembering(compileRe2(value));
      return (_keys, comments) => !comments.some((level) => level.some((comment) => pattern.test(comment)));
    }
    case 'encrypted_comment_regex': {
      const pattern = remembering(compileRe2(value));
      return (_keys, comments, isComment) =>
        comments.some((level, depth) =>
          level.some((comment, i) => {
            // The comment that asks for encryption stays readable itself.
            const itself = isComment && depth === comments.length - 1 && i === level.length - 1;
            return !itself && pattern.test(comment);
          }),
        );
    }
  }
}

/** Shorter ones are looked at again in no time. */
const leastLong = 64;
const mostLong = 1000;

/** Each leaf asks about the keys of all that it stands in, and those may be as long as the file is. */
function remembering(pattern: Pattern): Pattern {
  const known = new Map<string, boolean>();
  return {
    test(text) {
      if (text.length < leastLong) return pattern.test(text);
      const before = known.get(text);
      if (before !== undefined) return before;
      if (known.size >= mostLong) known.clear();
      const found = pattern.test(text);
      known.set(text, found);
      return found;
    },
  };
}
