/**
 * sops's own command line, as its flag package (Go's `flag`, by urfave/cli) reads it: one dash or two, `=`, flags in front of the
 * first operand, global flags in front of a subcommand, and the old form without one (`-d FILE`).
 */
export interface SopsLine {
  readonly command: string;
  readonly args: string[];
  /** How many operands nobody looks at, as in sops. */
  readonly ignored: number;
}

const subcommands = new Set([
  ...['encrypt', 'decrypt', 'edit', 'set', 'unset', 'rotate', 'updatekeys', 'groups'],
  ...['exec-env', 'exec-file', 'filestatus'],
  // Not here: to say so is better than to take them for the name of a file.
  ...['publish', 'keyservice', 'completion'],
]);

const short: Readonly<Record<string, string>> = {
  d: 'decrypt',
  e: 'encrypt',
  r: 'rotate',
  i: 'in-place',
  k: 'kms',
  p: 'pgp',
  a: 'age',
  s: 'show-master-keys',
  y: 'yes',
  f: 'file',
  h: 'help',
  v: 'version',
};

const switches = new Set([
  ...['decrypt', 'encrypt', 'rotate', 'in-place', 'show-master-keys', 'ignore-mac', 'mac-only-encrypted', 'verbose'],
  ...['disable-version-check', 'check-for-updates', 'enable-local-keyservice', 'help', 'version', 'yes', 'idempotent'],
  ...['value-file', 'value-stdin', 'pristine', 'same-process', 'background', 'no-fifo', 'omit-extensions', 'recursive'],
]);

const session = ['config', 'verbose', 'decryption-order', 'keyservice', 'enable-local-keyservice'];
const output = ['in-place', 'output', 'input-type', 'output-type', 'indent', 'filename-override'];
const types = ['kms', 'pgp', 'gcp-kms', 'hckms', 'azure-kv', 'hc-vault-transit', 'age'];
const creation = [
  ...types,
  ...['aws-profile', 'encryption-context', 'shamir-secret-sharing-threshold', 'mac-only-encrypted'],
  ...['unencrypted-suffix', 'encrypted-suffix', 'unencrypted-regex', 'encrypted-regex'],
  ...['unencrypted-comment-regex', 'encrypted-comment-regex'],
];

/** What each mode of the old form looks at; it overlooks the rest. */
const modes: Readonly<Record<string, readonly string[]>> = {
  encrypt: [...session, ...output, ...creation],
  decrypt: [...session, ...output, 'extract', 'ignore-mac'],
  rotate: [
    ...session,
    ...output,
    ...['ignore-mac', 'aws-profile', 'encryption-context'],
    ...types.flatMap((type) => [`add-${type}`, `rm-${type}`]),
  ],
  set: [...session, 'ignore-mac', 'input-type', 'output-type'],
  edit: [...session, ...creation, 'ignore-mac', 'input-type', 'output-type', 'show-master-keys'],
};

/** Flags with a value. */
const valued = new Set([...Object.values(modes).flat(), 'set', 'user', 'filename', 'file', 'network', 'address']);

interface Flag {
  readonly name: string;
  /** Null for a switch, and for a flag that nobody knows. */
  readonly value: string | null;
}

/** @param exists whether there is such a file: the old form refuses one that is not, whatever it is asked to do */
export function readSopsLine(args: readonly string[], exists: (file: string) => boolean): SopsLine {
  const { flags, operands } = readFlags(args);
  if (flags.some(({ name }) => name === 'version')) return { command: 'version', args: [], ignored: 0 };
  const [first, ...rest] = operands;
  if (first !== undefined && subcommands.has(first)) return subcommand(first, rest, flags);
  if (flags.some(({ name }) => name === 'help') || first === 'help') return { command: 'help', args: [], ignored: 0 };
  return oldForm(flags, operands, exists);
}

function subcommand(command: string, args: readonly string[], globals: readonly Flag[]): SopsLine {
  const known = ['config', 'indent', 'verbose', ...(command === 'encrypt' ? ['mac-only-encrypted'] : [])];
  const hoisted = globals.filter(({ name }) => known.includes(name) && takesIndent(command, name));
  const [what, inner] = command === 'groups' ? [args.slice(0, 1), args.slice(1)] : [[], args];
  const { flags, operands } = readFlags(inner);
  return { command, args: [...what, ...spelled([...hoisted, ...flags]), ...operands], ignored: 0 };
}

/** The old form of it is made of flags; without one of these it is an edit. */
function oldForm(flags: readonly Flag[], operands: readonly string[], exists: (file: string) => boolean): SopsLine {
  const has = (name: string) => flags.some((flag) => flag.name === name);
  const unknown = flags.find(({ name }) => !switches.has(name) && !valued.has(name));
  if (unknown !== undefined) return { command: 'edit', args: spelled([unknown]), ignored: 0 };
  const set = flags.findLast(({ name }) => name === 'set')?.value || null;
  // Of several only the last one's result is ever seen.
  const mode = set !== null ? 'set' : (['rotate', 'decrypt', 'encrypt'].find(has) ?? 'edit');
  const [file, ...ignored] = operands;
  const counted = { ignored: ignored.length };
  if (file === undefined) return { command: 'edit', args: [], ...counted };
  const keysChange = flags.some(({ name }) => /^(?:add|rm)-/.test(name));
  // Only a rotation that changes keys has a sentence of its own for a file that is not there.
  const command = mode === 'rotate' && !exists(file) && !keysChange ? 'decrypt' : mode;
  const kept = spelled(flags.filter(({ name }) => modes[command]?.includes(name)));
  if (set !== null) {
    const end = set.indexOf('] ');
    const [path, value] = end < 0 ? [set, ''] : [set.slice(0, end + 1), set.slice(end + 2)];
    return { command, args: [...kept, file, path, value], ...counted };
  }
  const shown = command === 'rotate' && !has('in-place') && !has('output') ? ['--stdout'] : [];
  return { command, args: [...kept, ...shown, file], ...counted };
}

function takesIndent(command: string, name: string): boolean {
  return name !== 'indent' || ['encrypt', 'decrypt', 'rotate', 'exec-file'].includes(command);
}

/** Flags up to the first operand, or a `--`. */
function readFlags(args: readonly string[]): { flags: Flag[]; operands: string[] } {
  const flags: Flag[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    if (arg === '--') return { flags, operands: args.slice(at + 1) };
    const [, dashed, value] = /^--?([^=-][^=]*)(?:=(.*))?$/s.exec(arg) ?? [];
    if (dashed === undefined) return { flags, operands: args.slice(at) };
    const name = short[dashed] ?? dashed;
    if (!switches.has(name)) flags.push({ name, value: valued.has(name) ? (value ?? args[++at] ?? '') : null });
    else if (value === undefined || /^(?:1|t|true)$/i.test(value)) flags.push({ name, value: null });
    // The one switch that is on by itself.
    else if (name === 'enable-local-keyservice') flags.push({ name, value: 'false' });
  }
  return { flags, operands: [] };
}

function spelled(flags: readonly Flag[]): string[] {
  return flags.map(({ name, value }) => (value === null ? `--${name}` : `--${name}=${value}`));
}
