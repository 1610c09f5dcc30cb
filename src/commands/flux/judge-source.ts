import { mayBeEncrypted, readContent, type SopsFile } from '../../document/sops-file.ts';
import { GitSopsError } from '../../errors.ts';
import { formatNameOf } from '../../format/by-path.ts';
import type { FormatName } from '../../format/format.ts';
import { shellPath, shellQuote } from '../../quote.ts';
import type { Reading } from './reads.ts';
import type { Trap } from './trap.ts';

/** kustomize-controller's `maxEncryptedFileSize`. */
const mostBytes = 5 << 20;

/** By which bytes it knows an encrypted file (its `sopsFormatToMarkerBytes`); what lacks them is passed on as it is. */
const markers: Readonly<Record<FormatName, string>> = {
  binary: '"mac": "ENC[',
  json: '"mac": "ENC[',
  yaml: 'mac: ENC[',
  dotenv: 'sops_mac=ENC[',
  ini: '[sops]',
};

export interface JudgedSource {
  readonly traps: Trap[];
  /** Null for one that is plaintext, or that cannot be read. */
  readonly file: SopsFile | null;
}

/** A file that Flux decrypts before kustomize runs: a source of a secretGenerator, or a patch. */
export async function judgeSource(reading: Reading, content: Uint8Array): Promise<JudgedSource> {
  const { path } = reading;
  const name = shellPath(path);
  const trap = (kind: Trap['kind'], mend: string, detail?: string): Trap => ({ kind, path, mend, detail });
  if (content.length > mostBytes) {
    const bytes = `${content.length} bytes, read by ${reading.by}`;
    return { traps: [trap('too-large', `split ${name}, or keep it out of ${reading.by}`, bytes)], file: null };
  }
  if (!mayBeEncrypted(content)) return { traps: [], file: null };
  let file: SopsFile;
  try {
    const read = await readAny(path, content);
    if (read === null) return { traps: [], file: null };
    file = read;
  } catch (error) {
    if (!(error instanceof GitSopsError)) throw error;
    return { traps: [trap('unreadable-file', `git sops check -- ${name}`, error.message)], file: null };
  }
  const has = file.format.name;
  const taken = formatFor(reading);
  const text = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  if (has !== taken && isConverted(reading, has, taken) && text.includes(markers[has])) return { traps: [], file };
  if (has !== taken) {
    const detail = `encrypted as ${has}, read as ${taken} because of ${reading.env ? 'envs' : `"${reading.key}"`}`;
    return { traps: [trap('source-format', mendFormat(reading, has), detail)], file };
  }
  if (!text.includes(markers[taken])) {
    return { traps: [trap('mac-spelling', `git sops rotate ${name}`, `${markers[taken]}… is looked for`)], file };
  }
  if (taken === 'dotenv' && /^sops_.*\r$/m.test(text.toString('latin1'))) {
    return { traps: [trap('carriage-return', `write ${name} with line feeds only, then git add -- ${name}`)], file };
  }
  return { traps: [], file };
}

/** In the format of its name, else in whichever holds sops metadata. */
async function readAny(path: string, content: Uint8Array): Promise<SopsFile | null> {
  const own = formatNameOf(path);
  let broken: unknown = null;
  for (const format of new Set<FormatName>([own, 'json', 'yaml', 'dotenv', 'ini', 'binary'])) {
    try {
      const read = await readContent(path, content, format);
      if (read.kind === 'encrypted') return read.file;
    } catch (error) {
      if (format === own) broken = error;
    }
  }
  if (broken !== null) throw broken;
  return null;
}

/** What a first pass left alone in a Secret, a second one finds by its bytes and writes in the format of the key. */
function isConverted({ as, env }: Reading, has: FormatName, taken: FormatName): boolean {
  const trees: readonly FormatName[] = ['yaml', 'json'];
  return as === 'source' && !env && trees.includes(has) && trees.includes(taken);
}

/** The format that Flux takes. */
function formatFor({ key, env }: Reading): FormatName {
  if (key.endsWith('.dockerconfigjson')) return 'json';
  const format = formatNameOf(key);
  return env && format === 'binary' ? 'dotenv' : format;
}

function mendFormat({ path, key, env }: Reading, has: FormatName): string {
  const endings: Readonly<Record<FormatName, string>> = {
    yaml: '.yaml',
    json: '.json',
    dotenv: '.env',
    ini: '.ini',
    binary: '',
  };
  if (key.endsWith('.dockerconfigjson') && has === 'binary') {
    return `git mv ${shellPath(path)} docker-config.json, git add it as JSON, and files: [.dockerconfigjson=docker-config.json]`;
  }
  if (env) return `name the file ${shellQuote(path.replace(/\.[^./]*$/, ''))}.env, and git add it as dotenv`;
  const ending = endings[has];
  return ending === ''
    ? `give the key a name without ${key.slice(key.lastIndexOf('.'))}, or the file one with it`
    : `give the key a name that ends in ${ending}: files: [${key.replace(/\.[^./]*$/, '')}${ending}=${path}]`;
}
