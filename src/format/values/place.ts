import type { FormatName } from '../format.ts';
import type { Placer } from './placer.ts';

export async function loadPlacer(name: Exclude<FormatName, 'binary'>): Promise<Placer> {
  switch (name) {
    case 'yaml':
      return (await import('./place-yaml.ts')).yamlPlacer;
    case 'json':
      return (await import('./place-json.ts')).jsonPlacer;
    case 'dotenv':
      return (await import('./place-dotenv.ts')).dotenvPlacer;
    case 'ini':
      return (await import('./place-ini.ts')).iniPlacer;
  }
}
