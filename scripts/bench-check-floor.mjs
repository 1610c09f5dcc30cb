// What `npm run bench:check` holds `git sops check` against beside its target: a program that asks Git the same questions, reads the
// answers and looks at nothing; with `keys` it also runs the runtime's own ciphers as often as 500 files of one recipient and eight
// values need them. No program of this shape can be quicker. Arguments: a file with the covered ids, then perhaps `keys`.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

const [ids, keys] = process.argv.slice(2);
const signs = ['AGE-SECRET-KEY-', 'PRIVATE KEY', 'PuTTY-User-Key-File-', 'ENC[AES256_GCM,'];
// The first two in base64, wherever they begin in a group of three bytes.
signs.push('QUdFLVNFQ1JFVC1LRVkt', 'FHRS1TRUNSRVQtS0VZL', 'BR0UtU0VDUkVULUtFWS');
signs.push('UFJJVkFURSBLRV', 'BSSVZBVEUgS0VZ', 'QUklWQVRFIEtFW');

function git(args, input) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, GIT_FLUSH: '0' };
    const child = spawn('git', args, { env, stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'ignore'] });
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stdin?.end(input);
    child.on('error', reject);
    child.on('close', () => resolve(Buffer.concat(chunks)));
  });
}

await git(['rev-parse', '--show-toplevel', '--show-prefix']);
const search = [
  'grep',
  '--threads=1',
  '--cached',
  '-lz',
  '--fixed-strings',
  '--text',
  ...signs.flatMap((sign) => ['-e', sign]),
];
const searching = git(search);
await Promise.all([
  git(['ls-files', '--stage', '-z']),
  git(['ls-files', '-z', '--', ':(top,attr:filter=sops)']),
  git(['cat-file', '--batch'], ':0:.sops.yaml\n:0:.gitattributes\n'),
]);
await git(['cat-file', '--batch', '--buffer'], readFileSync(ids));
if (keys === 'keys') await import('./bench-check-ciphers.mjs').then(({ runCiphers }) => runCiphers(500, 8));
await searching;
