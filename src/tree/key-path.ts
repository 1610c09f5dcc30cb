/** Where a value stands in its document: map keys as strings, sequence positions as numbers from 0. */
export type KeyPath = readonly (string | number)[];

/** The string keys of a path. sops leaves sequence positions out of selection and of the AAD. */
export function keysOf(path: KeyPath): string[] {
  return path.filter((part): part is string => typeof part === 'string');
}

/** sops's additional authenticated data of a value or comment: each key followed by a colon, `:` at the root. */
export function aadOf(path: KeyPath): string {
  return `${keysOf(path).join(':')}:`;
}

/** A path as people write it: `data.password`, `users[0].name`, `["a.b"].c`. Control characters are escaped. */
export function showKeyPath(path: KeyPath): string {
  let shown = '';
  for (const part of path) {
    if (typeof part === 'number') shown += `[${part}]`;
    else if (/^[\p{L}\p{N}_-]+$/u.test(part)) shown += shown === '' ? part : `.${part}`;
    else
      shown += `[${JSON.stringify(part).replace(/[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}]`;
  }
  return shown === '' ? '(top level)' : shown;
}
