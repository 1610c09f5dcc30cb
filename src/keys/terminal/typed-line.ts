import { StringDecoder } from 'node:string_decoder';

const enter = /[\r\n]/;
const [ctrlC, ctrlD, ctrlU] = ['\u0003', '\u0004', '\u0015'];
const erase = ['\u007f', '\b'];

/** A line as it is typed on a terminal in raw mode, with the keys that a terminal itself would see to. */
export class TypedLine {
  readonly #echo: ((shown: string) => void) | null;
  readonly #decoder = new StringDecoder('utf8');
  #characters: string[] = [];

  /** @param echo shows what is typed; null where nothing shall show */
  constructor(echo: ((shown: string) => void) | null) {
    this.#echo = echo;
  }

  get text(): string {
    return this.#characters.join('');
  }

  type(bytes: Buffer): 'more' | 'done' | 'given up' | 'interrupted' {
    for (const character of this.#decoder.write(bytes)) {
      if (enter.test(character)) return 'done';
      if (character === ctrlC) return 'interrupted';
      if (character === ctrlD && this.#characters.length === 0) return 'given up';
      if (character === ctrlU) this.#erase(this.#characters.length);
      else if (erase.includes(character)) this.#erase(1);
      else if (character >= ' ') {
        this.#characters.push(character);
        this.#echo?.(character);
      }
    }
    return 'more';
  }

  #erase(count: number): void {
    const erased = this.#characters.splice(Math.max(0, this.#characters.length - count));
    this.#echo?.('\b \b'.repeat(erased.length));
  }
}
