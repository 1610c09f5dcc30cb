import type { ValueTree } from '../../tree/values/value-tree.ts';
import type { FormatName } from '../format.ts';

/** A plaintext file → its documents' values. @throws GitSopsError for what sops does not read */
export type ValueReader = (source: Uint8Array) => ValueTree[];

/** Every format but YAML has one document. */
export async function loadValueReader(name: FormatName): Promise<ValueReader> {
  switch (name) {
    case 'yaml':
      return (await import('./read-yaml.ts')).readYamlValues;
    case 'json':
      return (await import('./read-json.ts')).readJsonValues;
    case 'dotenv':
      return (await import('./read-dotenv.ts')).readDotenvValues;
    case 'ini':
      return (await import('./read-ini.ts')).readIniValues;
    case 'binary':
      return (await import('./binary.ts')).readBinaryValues;
  }
}
