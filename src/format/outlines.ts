import type { FormatName } from './format.ts';
import type { Outline } from './outline.ts';

/** Text without a byte order mark → its outline. @throws GitSopsError for what sops does not read */
export type Outliner = (text: string) => Outline;

/** Null for a format that is one value. Only a merge needs this, so nothing else loads it. */
export async function loadOutliner(name: FormatName): Promise<Outliner | null> {
  switch (name) {
    case 'yaml': {
      const [{ outlineYaml }, { readText }] = await Promise.all([
        import('./yaml/outline.ts'),
        import('./yaml/text.ts'),
      ]);
      return (text) => outlineYaml(readText(text));
    }
    case 'json': {
      const [{ outlineJson }, { scanJson }] = await Promise.all([
        import('./json/outline.ts'),
        import('./json/scan.ts'),
      ]);
      return (text) => outlineJson(text, scanJson(text));
    }
    case 'dotenv': {
      const [{ outlineDotenv }, { readLines }] = await Promise.all([
        import('./dotenv/outline.ts'),
        import('./dotenv/lines.ts'),
      ]);
      return (text) => outlineDotenv(text, readLines(text));
    }
    case 'ini': {
      const [{ outlineIni }, { scanIni }] = await Promise.all([import('./ini/outline.ts'), import('./ini/scan.ts')]);
      return (text) => outlineIni(text, scanIni(text));
    }
    case 'binary':
      return null;
  }
}
