// npm run man: docs/man/git-sops.1, which `git sops --help` shows (Git asks man for it). Commands, options and examples are what each
// command's own --help prints, so they come from the same tables. node scripts/man.mjs - prints the page instead, for the test.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const { commands, overview } = await commandTable();

/** Commands that are a word with others behind it. */
const parts = { recipients: ['list', 'add', 'remove'], groups: ['add', 'delete'] };

/** The commands of this very source, in one process: to start each one would take seconds. */
async function commandTable() {
  const folder = mkdtempSync(join(tmpdir(), 'git-sops-man-'));
  const outfile = join(folder, 'commands.mjs');
  const contents = `export { commands } from './src/cli/commands.ts'; export { overview } from './src/cli/help.ts';`;
  const js = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  const common = { bundle: true, platform: 'node', format: 'esm', logLevel: 'error' };
  await build({ ...common, stdin: { contents, resolveDir: root }, banner: { js }, outfile });
  try {
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function helpOf(name, ...words) {
  let printed = '';
  const stdout = {
    write(text) {
      printed += text;
    },
  };
  const command = await commands[name].load();
  const code = await command([...words, '--help'], { stdout, stderr: stdout });
  if (code !== 0) throw new Error(`git-sops ${name}: exit ${code}\n${printed}`);
  return printed;
}

/** What stands here for characters that not every terminal has. */
const ascii = { '…': '...', '’': "'", '→': '\\(->', '⇄': '<->' };

function roff(text) {
  const escaped = text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/[^\0-\x7f]/g, (char) => {
      if (ascii[char] === undefined) throw new Error(`the manual page has no spelling for ${JSON.stringify(char)}`);
      return ascii[char];
    });
  // A line that begins with one of these would be a request.
  return escaped.replace(/^(?=[.'])/gm, '\\&');
}

const bold = (text) => `\\fB${roff(text)}\\fR`;
const literal = (lines) => ['.nf', ...lines.map((line) => roff(line)), '.fi'];

/** `  name   what it is`, two columns as every help has them. */
function columns(lines) {
  return lines.flatMap((line) => {
    const [, name, text] = /^ {2}(\S.*?) {2,}(\S.*)$/.exec(line) ?? [];
    if (name === undefined) throw new Error(`no line of two columns: ${line}`);
    const [, letter, long, value] = /^(-\w, )?(--[\w-]+)(.*)$/.exec(name) ?? [undefined, '', name, ''];
    return [
      '.TP',
      `${letter ? `${bold(letter.slice(0, 2))}, ` : ''}${bold(long)}${value ? ` \\fI${roff(value.trim())}\\fR` : ''}`,
      roff(text),
    ];
  });
}

/** One command's help as a subsection. */
async function section(...words) {
  const [title = '', ...blocks] = (await helpOf(...words)).trimEnd().split(/\n\n/);
  const out = [`.SS ${roff(words.join(' '))}`, roff(title.slice(title.indexOf(': ') + 2))];
  for (const block of blocks) {
    const [first = '', ...rest] = block.split('\n');
    const usage = /^Usage: (.*)$/.exec(first)?.[1];
    if (usage !== undefined) out.push('.PP', bold(usage.trim()));
    else if (first === 'Options:') out.push(...columns(rest));
    else if (first === 'Examples:') out.push('.PP', 'Examples:', '.PP', ...literal(rest));
    else if (first.startsWith('  ')) out.push(...columns([first, ...rest]));
    else out.push('.PP', ...[first, ...rest].map((line) => roff(line)));
  }
  return out;
}

const listed = overview(version).split('\n\n')[2].split('\n');
const names = listed.map((line) => line.trim().split(' ')[0]);

const sections = [];
for (const name of names) {
  sections.push(...(await section(name)));
  for (const part of parts[name] ?? []) sections.push(...(await section(name, part)));
}

const page = [
  '.\\" Made by scripts/man.mjs (npm run man) from what each command prints as its help.',
  `.TH GIT\\-SOPS 1 "" "git\\-sops ${version}" "Git Manual"`,
  '.SH NAME',
  'git\\-sops \\- SOPS\\-encrypted secrets as ordinary files in Git',
  '.SH SYNOPSIS',
  '\\fBgit sops\\fR \\fIcommand\\fR [\\fIoptions\\fR]',
  '.SH DESCRIPTION',
  roff(
    'You edit plaintext; Git stores SOPS ciphertext. After git sops init in a clone plain Git does the rest: git add encrypts,',
  ),
  roff(
    'git checkout decrypts, git diff shows plaintext, git merge merges by values, and git commit refuses plaintext in paths',
  ),
  roff('that .sops.yaml covers. The commands below are for what Git has no word for.'),
  '.PP',
  roff('A first repository:'),
  '.PP',
  ...literal([
    "git sops init --keygen --path 'secrets/**'    # a key of yours, the rule, Git's filter, the hook",
    'git add .sops.yaml .gitattributes             # a clone needs both',
    'git add secrets/db.yaml                       # encrypted in Git, plaintext in your working tree',
    'git sops doctor                               # whether all is set up',
  ]),
  '.PP',
  `In a clone of a repository that is set up: ${bold('git sops init --yes')}.`,
  '.SH COMMANDS',
  ...columns(listed),
  '.SH THE COMMANDS ONE BY ONE',
  ...sections,
  '.SH EXIT STATUS',
  ...columns([
    '  0  all went well; check: clean',
    '  1  refused, or something was found (check, doctor, diff --exit-code)',
    '  2  wrong use, or a file that cannot be read',
  ]),
  '.PP',
  roff("Others are sops's own for the same case, such as 51 for a broken MAC and 128 for a missing key."),
  '.SH ENVIRONMENT',
  ...columns([
    '  SOPS_AGE_KEY, SOPS_AGE_KEY_FILE, SOPS_AGE_KEY_CMD  where keys are, as sops reads them',
    '  SOPS_EDITOR, EDITOR  what git sops edit starts',
    '  GIT_SOPS_TRACE  1, or a file: names, counts and times, never a value',
  ]),
  '.SH FILES',
  ...columns([
    '  .sops.yaml  who reads what: the creation rules of sops',
    '  .gitattributes  which paths go through the filter; git sops init writes the lines',
    '  .git-sops.yaml  findings that are accepted',
    '  sops/age/keys.txt  in your configuration folder: your age keys',
  ]),
  '.SH SEE ALSO',
  'gitattributes(5), githooks(5), age(1)',
  '.PP',
  roff(`The folder docs of the installed package: ${'$(npm root --global)/git-sops/docs'}`),
];

const text = `${page.join('\n')}\n`;
if (process.argv[2] === '-') process.stdout.write(text);
else {
  const folder = join(root, 'docs/man');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'git-sops.1'), text);
}
