import { formatFloat, parseBool, parseFloat64, parseInt64 } from '../../tree/go-number.ts';
import type { Plaintext } from '../format.ts';
import { resolvePlain } from './resolve.ts';

export type InlineStyle = 'plain' | 'single' | 'double';

// Surrogates without their other half, as `\p{Cs}` has them: engines take a millisecond over each class of Unicode.
const unprintable =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const indicatorFirst = /^[,[\]{}#&*!|>'"%@`]|^[-?:](?:\s|$)|^(?:---|\.\.\.)(?:\s|$)/;
const endsPlain = /:(?:\s|$)|\s#|^\s|\s$/;
const endsFlowPlain = /[,[\]{}?]|^[:-]|:$/;

/**
 * A decrypted value as it is written where its token stood, in the token's style. Where that style cannot say it, one that
 * can is taken: a text that looks like a number is never left without quotes.
 */
export function spellInline({ type, plaintext }: Plaintext, style: InlineStyle, inFlow: boolean): string {
  if (typeof plaintext !== 'string') return `!!binary ${Buffer.from(plaintext).toString('base64')}`;
  if (type !== 'str') return spellTyped(type, plaintext);
  const mayBePlain = style === 'plain' || (style === 'single' && inFlow);
  if (mayBePlain && isPlainSafe(plaintext, inFlow)) {
    if (resolvePlain(plaintext)?.type === 'str') return plaintext;
    return style === 'single' ? quoteSingle(plaintext) : quoteDouble(plaintext);
  }
  return style === 'double' || unprintable.test(plaintext) ? quoteDouble(plaintext) : quoteSingle(plaintext);
}

/** What a value of another type than text is written as: its own spelling where go-yaml reads that as this type. */
function spellTyped(type: Plaintext['type'], text: string): string {
  switch (type) {
    case 'bool': {
      if (text === 'TRUE' || text === 'FALSE') return text;
      return String(parseBool(text) ?? text);
    }
    case 'int':
      return resolvePlain(text)?.canonical === parseInt64(text)?.toString()
        ? text
        : (parseInt64(text) ?? text).toString();
    case 'float': {
      const number = parseFloat64(text);
      if (number === null) return text;
      if (Number.isNaN(number)) return '.nan';
      if (!Number.isFinite(number)) return number > 0 ? '.inf' : '-.inf';
      const spelled = resolvePlain(text)?.canonical === formatFloat(number) ? text : formatFloat(number);
      // sops encrypts `3.0` as the float 3, and without a point that would be an int.
      return resolvePlain(spelled)?.type === 'float' ? spelled : `${spelled}.0`;
    }
    default:
      return text;
  }
}

/** Whether a text can stand without quotes and be read as it is; not whether it stays a text. */
export function isPlainSafe(text: string, inFlow: boolean): boolean {
  if (text === '' || unprintable.test(text) || indicatorFirst.test(text) || endsPlain.test(text)) return false;
  return !(inFlow && endsFlowPlain.test(text));
}

export function quoteSingle(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

const escapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\0': '\\0',
  '\x1b': '\\e',
};

export function quoteDouble(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped
  return `"${text.replace(/["\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g, (sign) => escapes[sign] ?? hex(sign))}"`;
}

function hex(sign: string): string {
  const code = sign.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}
