import type { Format, FormatName } from './format.ts';

/**
 * The format that sops takes for a file of this name (its cmd/sops/formats/formats.go): by how the whole path ends, case
 * and all, so that a file named `.env` is dotenv, and `CONFIG.YAML` and `.env.local` are binary.
 */
export function formatNameOf(path: string): FormatName {
  if (path.endsWith('.yaml') || path.endsWith('.yml')) return 'yaml';
  if (path.endsWith('.json')) return 'json';
  if (path.endsWith('.env')) return 'dotenv';
  if (path.endsWith('.ini')) return 'ini';
  return 'binary';
}

/** A name that stands for a format, where a file has none, or one with another ending. */
export const standInNames: Readonly<Record<FormatName, string>> = {
  yaml: 'x.yaml',
  json: 'x.json',
  dotenv: 'x.env',
  ini: 'x.ini',
  binary: 'x',
};

/** Loads a format's code, and no other's: start-up time is what a Git filter is judged by. */
export async function loadFormat(name: FormatName): Promise<Format> {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const format = await load(name);
  loaded.set(name, format);
  return format;
}

/** A runtime looks long for a module, even one that it has. */
const loaded = new Map<FormatName, Format>();

async function load(name: FormatName): Promise<Format> {
  switch (name) {
    case 'yaml':
      return (await import('./yaml.ts')).yaml;
    case 'json':
      return (await import('./json.ts')).json;
    case 'dotenv':
      return (await import('./dotenv.ts')).dotenv;
    case 'ini':
      return (await import('./ini.ts')).ini;
    case 'binary':
      return (await import('./binary.ts')).binary;
  }
}
