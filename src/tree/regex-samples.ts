import { compileRe2, prepareLinear } from './re2.ts';

/** More would only repeat the same choices. */
const mostSamples = 200;
/** What stands for a free part: nothing, a name, and something with folders. */
const fillings = ['', 'a', 'zq/zq', 'zq.zq'];

/**
 * Texts that a pattern matches, such that each of its alternatives is in one of them at least: whoever narrows the
 * pattern most likely loses one. Best effort: each is held against the pattern, and what the reader here does not
 * understand gives fewer.
 * @param words what free parts are filled with besides, so that nobody can keep the usual ones and drop the rest
 */
export async function samplesOf(pattern: string, words: readonly string[] = []): Promise<string[]> {
  await prepareLinear(pattern);
  const compiled = compileRe2(pattern);
  const made = new Sampler(pattern, fillings).read();
  for (const word of words) made.push(...new Sampler(pattern, ['', word, `${word}/${word}`, `${word}.${word}`]).read());
  // The search is not anchored, unless the pattern says so: what may stand around a match belongs to it.
  const around = made.flatMap((text) => [text, `zq/${text}`, `zq${text}`, `${text}zq`, `${text}/zq.yaml`]);
  for (const word of words)
    around.push(...made.flatMap((text) => [`${word}/${text}`, `${word}${text}`, `${text}${word}`]));
  return [...new Set(around)].filter((text) => compiled.test(text));
}

class Sampler {
  readonly #pattern: string;
  readonly #fillings: string[];
  #at = 0;

  constructor(pattern: string, fillings: string[]) {
    this.#fillings = fillings;
    this.#pattern = pattern.replace(/\(\?[a-zA-Z]+\)/g, '');
  }

  read(): string[] {
    const texts = this.#alternatives();
    return this.#at < this.#pattern.length ? [] : texts;
  }

  #alternatives(): string[] {
    const texts = this.#sequence();
    while (this.#pattern[this.#at] === '|') {
      this.#at++;
      texts.push(...this.#sequence());
    }
    return texts.slice(0, mostSamples);
  }

  #sequence(): string[] {
    let texts = [''];
    while (this.#at < this.#pattern.length && !/[|)]/.test(this.#pattern[this.#at] ?? '')) {
      const choices = this.#repeated(this.#atom());
      texts = texts.flatMap((text) => choices.map((choice) => text + choice));
      if (texts.length > mostSamples) texts = spread(texts);
    }
    return texts;
  }

  #repeated(choices: string[]): string[] {
    const quantifier = /^(?:[*+?]|\{(\d+)(?:,\d*)?\})\??/.exec(this.#pattern.slice(this.#at));
    if (quantifier === null) return choices;
    this.#at += quantifier[0].length;
    const [sign = ''] = quantifier;
    if (sign.startsWith('?')) return ['', ...choices];
    if (sign.startsWith('{')) return choices.map((choice) => choice.repeat(Math.min(Number(quantifier[1]), 100)));
    // `.` offers the fillings, which stand for any number already.
    const many = choices === this.#fillings ? choices : choices.flatMap((choice) => [choice, choice + choice]);
    return sign.startsWith('*') ? [...new Set(['', ...many])] : many.filter((choice) => choice !== '');
  }

  #atom(): string[] {
    const c = this.#pattern[this.#at++] ?? '';
    if (c === '(') {
      const opener = /^\?(?::|P?<\w+>|[a-zA-Z-]+:)/.exec(this.#pattern.slice(this.#at));
      this.#at += opener?.[0].length ?? 0;
      const texts = this.#alternatives();
      this.#at++;
      return texts;
    }
    if (c === '[') return this.#class();
    if (c === '.') return this.#isRepeated() ? this.#fillings : ['a', 'z'];
    if (c === '^' || c === '$') return [''];
    if (c !== '\\') return [c];
    const escaped = this.#pattern[this.#at++] ?? '';
    if (/[bBAz]/.test(escaped)) return [''];
    if (escaped === 'd') return ['0', '7'];
    if (escaped === 'w') return ['a', '_'];
    if (escaped === 's') return [' '];
    if (/[DWS]/.test(escaped)) return ['-', 'z'];
    return [escaped];
  }

  #isRepeated(): boolean {
    return /[*+]/.test(this.#pattern[this.#at] ?? '');
  }

  #class(): string[] {
    const start = this.#at;
    if (this.#pattern[this.#at] === '^') this.#at++;
    // A bracket that comes first stands for itself.
    this.#at++;
    while (this.#at < this.#pattern.length && this.#pattern[this.#at] !== ']') {
      this.#at += this.#pattern.startsWith('[:', this.#at) ? this.#pattern.indexOf(':]', this.#at) - this.#at + 2 : 1;
    }
    const body = this.#pattern.slice(start, this.#at++);
    if (body.startsWith('^')) return this.#isRepeated() ? ['a', 'zq.zq', 'a/a'] : ['a', 'z', '-'];
    const members = [...body.replace(/\[:\w+:\]|\\[dws]/g, 'a0').replaceAll('\\', '')].filter((c) => c !== '-');
    return [...new Set(members)].slice(0, 12);
  }
}

/** So many of them, taken evenly. */
function spread(texts: readonly string[]): string[] {
  const step = texts.length / mostSamples;
  return Array.from({ length: mostSamples }, (_, i) => texts[Math.floor(i * step)] ?? '');
}
