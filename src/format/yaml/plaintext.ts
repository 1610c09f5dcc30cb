import { formatFloat, parseFloat64, parseInt64 } from '../../tree/go-number.ts';
import type { ValueType } from '../../tree/leaf.ts';

/**
 * What goes into a ciphertext: the number as it is spelled where sops reads that spelling, else its canonical text. `true`
 * and `3.0` become the `True` and `3` that sops itself writes, so that values which sops encrypted keep their ciphertext.
 */
export function plaintextOf(spelled: string, type: ValueType, canonical: string | Uint8Array): string | Uint8Array {
  switch (type) {
    case 'int':
      return parseInt64(spelled)?.toString() === canonical ? spelled : canonical;
    case 'float': {
      if (spelled.includes('_') || spelled === `${canonical}.0`) return canonical;
      const number = parseFloat64(spelled);
      return number !== null && formatFloat(number) === canonical ? spelled : canonical;
    }
    case 'bool':
      return spelled === 'TRUE' || spelled === 'FALSE' ? spelled : canonical;
    default:
      return canonical;
  }
}
