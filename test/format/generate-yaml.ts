import fc from 'fast-check';

/** Bits from which files are built, by a generator of its own: a failing file is known by its seed. */
const scalars = [
  ...['1', 'foo', '"dq"', "'sq'", 'true', '~', '', '1.50', '0x1F', 'a b', '2001-01-01', '"a\\nb"', "'it''s'", 'x:y'],
  ...[
    '-1',
    '""',
    'é',
    '!!str 5',
    '!!int "7"',
    '!foo z',
    '.5',
    '1e3',
    'null',
    'True',
    '"\\u0041"',
    'a#b',
    '012',
    '"12"',
  ],
  ...['http://a/b?c=d', '1_000', 'yes', '!!binary aGk=', '!!float 3', '! q', '<<', '🙂', '-x', '"a\\\n  b"', '&k v'],
];
const flowScalars = ['1', 'foo', '"dq"', "'sq'", 'true', '~', '1.50', 'a b', '""', "'y'", '0x1f', 'a:b', '"a\n   b"'];
const keys = ['a', 'b', 'key', '"q k"', "'s'", 'ключ'];
const blockLines = ['text', 'more text', ' indented', '# no comment', 'a: b', 'tail '];

class Writer {
  #state: number;
  readonly #lineEnd: string;

  constructor(seed: number, lineEnd: string) {
    this.#state = seed;
    this.#lineEnd = lineEnd;
  }

  /** Mulberry32: small, and good enough to choose with. */
  #int(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  #chance(share: number): boolean {
    return this.#int(1000) < share * 1000;
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#int(list.length)] as T;
  }

  #comment(column: number): string {
    const at = this.#pick([column, column, column, 0, column + 2, Math.max(0, column - 2), column + 1]);
    return `${' '.repeat(at)}#${this.#pick([' c', 'c', '', ' a longer one'])}${this.#int(100)}${this.#lineEnd}`;
  }

  #gap(column: number): string {
    let text = '';
    while (this.#chance(0.3)) text += this.#chance(0.3) ? this.#lineEnd : this.#comment(column);
    return text;
  }

  #lineComment(): string {
    return this.#chance(0.15) ? `${this.#pick([' ', '\t'])}# l${this.#int(100)}` : '';
  }

  #key(i: number): string {
    const key = this.#pick(keys).replace(/(["']?)$/, `${i}${this.#chance(0.15) ? '_unencrypted' : ''}$1`);
    return key;
  }

  #flow(depth: number): string {
    const isMap = this.#chance(0.5);
    const break_ = () =>
      this.#chance(0.08) ? ` # f${this.#int(100)}${this.#lineEnd}${' '.repeat(this.#int(6))} ` : '';
    const items = Array.from({ length: this.#int(4) }, (_, i) => {
      const value = depth > 0 && this.#chance(0.25) ? this.#flow(depth - 1) : this.#pick(flowScalars);
      return `${break_()}${isMap ? `${this.#pick(['x', '"y"'])}${i}: ` : ''}${value}${break_()}`;
    });
    return `${isMap ? '{' : '['}${items.join(', ')}${break_()}${isMap ? '}' : ']'}`;
  }

  #block(column: number): string {
    const indent = column + 1 + this.#int(3);
    let text = `${this.#pick(['|', '|', '>'])}${this.#pick(['', '', '-', '+'])}${this.#lineComment()}${this.#lineEnd}`;
    for (let i = this.#int(4); i > 0; i--) {
      text += this.#chance(0.15) ? '' : ' '.repeat(indent) + this.#pick(blockLines);
      text += this.#lineEnd;
    }
    return text;
  }

  #value(column: number, depth: number): string {
    const kind = this.#int(100);
    const end = () => this.#lineComment() + this.#lineEnd;
    if (depth > 0 && kind < 20) return `${end()}${this.mapping(column + 1 + this.#int(3), depth - 1)}`;
    if (depth > 0 && kind < 35) return `${end()}${this.#sequence(column + this.#int(3), depth - 1)}`;
    if (kind < 48) return ` ${this.#flow(depth)}${end()}`;
    if (kind < 60) return ` ${this.#block(column)}`;
    if (kind < 64) return ` plain on${this.#lineEnd}${' '.repeat(column + 1)}two lines${this.#lineEnd}`;
    const scalar = this.#pick(scalars);
    return `${scalar === '' ? '' : ' '}${scalar.replace('\n  ', `\n${' '.repeat(column + 1)}`)}${end()}`;
  }

  mapping(column: number, depth: number): string {
    let text = '';
    for (let i = 0, n = 1 + this.#int(4); i < n; i++) {
      text += `${this.#gap(column)}${' '.repeat(column)}${this.#key(i)}:${this.#value(column, depth)}`;
    }
    return text + (this.#chance(0.2) ? this.#gap(column) : '');
  }

  #sequence(column: number, depth: number): string {
    let text = '';
    for (let n = 1 + this.#int(3); n > 0; n--) {
      text += `${this.#gap(column)}${' '.repeat(column)}-`;
      text +=
        depth > 0 && this.#chance(0.3)
          ? ` ${this.mapping(column + 2, depth - 1).replace(/^ */, '')}`
          : this.#value(column + 1, depth);
    }
    return text;
  }

  file(): string {
    let text = '';
    const documents = this.#chance(0.8) ? 1 : 1 + this.#int(3);
    for (let i = 0; i < documents; i++) {
      if (i > 0 || this.#chance(0.15)) text += `${this.#gap(0)}---${this.#lineComment()}${this.#lineEnd}`;
      text += this.#chance(0.05) ? `{a: ${this.#flow(2)}}${this.#lineEnd}` : this.mapping(this.#chance(0.9) ? 0 : 2, 3);
      text += this.#gap(0);
    }
    if (this.#chance(0.1)) text = text.replace(/\r?\n$/, '');
    return this.#chance(0.03) ? `\ufeff${text}` : text;
  }
}

/** YAML files of every style, with comments at any column; some of them are not YAML. */
export const yamlFiles = fc
  .tuple(fc.integer(), fc.constantFrom('\n', '\n', '\n', '\r\n'))
  .map(([seed, lineEnd]) => new Writer(seed, lineEnd).file());
