import type { ValueTree } from '../../tree/values/value-tree.ts';
import type { FormatName } from '../format.ts';
import { encodeText } from '../source-text.ts';

/** @param indent columns for one level; null for sops's own (four blanks in YAML, a tab in JSON) */
export type ValueEmitter = (documents: readonly ValueTree[], indent: number | null) => Uint8Array;

/** How sops writes a file of values: where there is a layout, nobody needs this. @throws GitSopsError `cannot-emit` */
export async function loadValueEmitter(name: FormatName): Promise<ValueEmitter> {
  switch (name) {
    case 'yaml': {
      const { emitYaml } = await import('./emit-yaml.ts');
      return (documents, indent) => encodeText(emitYaml(documents, indent ?? 4));
    }
    case 'json': {
      const { emitJson } = await import('./emit-json.ts');
      return ([first], indent) => encodeText(`${first === undefined ? '{}' : emitJson(first, indent)}\n`);
    }
    case 'dotenv': {
      const { emitDotenv } = await import('./emit-dotenv.ts');
      return (documents) => encodeText(emitDotenv(documents));
    }
    case 'ini': {
      const { emitIni } = await import('./emit-ini.ts');
      return (documents) => encodeText(emitIni(documents));
    }
    case 'binary':
      return (await import('./binary.ts')).emitBinary;
  }
}
