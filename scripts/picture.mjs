// node scripts/picture.mjs: docs/two-sides.svg, the picture in the README. What it shows is taken from a throw-away repository.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tmp = mkdtempSync(join(tmpdir(), 'git-sops-picture-'));
process.on('exit', () => rmSync(tmp, { recursive: true, force: true }));
const env = { PATH: process.env.PATH, HOME: tmp, GIT_CONFIG_NOSYSTEM: '1', LC_ALL: 'C' };
const repo = join(tmp, 'repo');
mkdirSync(join(repo, 'secrets'), { recursive: true });

function run(command, ...args) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: repo, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}
const sops = (...args) => run(process.execPath, join(root, 'dist', 'start.cjs'), ...args);

run('git', 'init', '-q');
run('git', 'config', 'user.name', 'Ann');
run('git', 'config', 'user.email', 'ann@example.invalid');
const recipient = /age1\w+/.exec(sops('keygen'))[0];
sops('init', '--yes', '--hook', 'none', '--recipient', recipient, '--path', 'secrets/**');
const file = 'secrets/db.yaml';
const text = (password) => `db:
  host: db.prod.svc   # internal
  user: app
  password: ${password}
  port: 5432
`;
writeFileSync(join(repo, file), text('hunter2'));
run('git', 'add', '.');
run('git', 'commit', '-qm', 'one');
writeFileSync(join(repo, file), text('hunter3'));
const diff = run('git', 'diff', '-U1').split('\n').slice(4, -1);
const earlier = run('git', 'rev-parse', 'HEAD').trim();
run('git', 'commit', '-qam', 'two');
const counts = run('git', 'diff', '--no-textconv', '--numstat', earlier, 'HEAD').trim().replaceAll('\t', '  ');
const stored = run('git', 'show', `HEAD:${file}`).split('\n').slice(0, 7);

const short = (line) => (line.length > 50 ? `${line.slice(0, 49)}…` : line);
const escapeXml = (line) => line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const kindOf = (line) => (/^\+/.test(line) ? 'new' : /^-/.test(line) ? 'old' : /^@@/.test(line) ? 'at' : 'text');
const panel = (x, y, title, lines, colours) => `  <g transform="translate(${x} ${y})">
    <rect width="440" height="${44 + 20 * 7}" rx="8" class="panel"/>
    <text x="16" y="26" class="title">${escapeXml(title)}</text>
${lines.map((line, i) => `    <text x="16" y="${54 + 20 * i}" class="${colours ? kindOf(line) : 'text'}">${escapeXml(short(line))}</text>`).join('\n')}
  </g>`;

const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 944 448" role="img" aria-label="You edit plaintext, Git stores SOPS ciphertext, git diff shows plaintext">
  <style>
    text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; white-space: pre; fill: #24292f }
    .panel { fill: #f6f8fa; stroke: #d0d7de }
    .title { font-weight: 600; fill: #57606a } .arrow { fill: #57606a }
    .old { fill: #b42318 } .new { fill: #1a7f37 } .at { fill: #8250df }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 } .panel { fill: #161b22; stroke: #30363d } .title, .arrow { fill: #8b949e }
      .old { fill: #ff7b72 } .new { fill: #56d364 } .at { fill: #d2a8ff }
    }
  </style>
${panel(16, 16, `${file}, as you edit it`, text('hunter2').trimEnd().split('\n'), false)}
${panel(488, 16, `${file}, as Git stores it`, stored, false)}
  <text x="16" y="228" class="arrow">git add encrypts  →      git checkout decrypts  ←      git diff shows plaintext  ↓</text>
${panel(16, 248, '$ git diff -U1', diff, true)}
${panel(488, 248, '$ git diff --no-textconv --numstat', [counts, '', 'The value, lastmodified and mac: three lines.', 'sops, Flux and Argo CD read it unchanged.'], false)}
</svg>
`;
writeFileSync(join(root, 'docs', 'two-sides.svg'), svg);
