// What `git-sops merge-server` is without the merging (src/commands/merge-server.ts): it answers each request at once. With the same
// shell in front of it, this is what a merge driver costs whatever it does.
import { createReadStream, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const [folder, git] = process.argv.slice(2);
const nonce = readFileSync(join(folder, 'nonce'), 'latin1').trim();
let waiting = '';
createReadStream('', { fd: 3 }).on('data', (chunk) => {
  waiting += chunk.toString('latin1');
  for (;;) {
    const [id, count, ...rest] = waiting.split('\0');
    if (count === undefined || rest.length <= Number(count)) return;
    waiting = rest.slice(Number(count)).join('\0');
    writeSync(4, `${nonce} ${id} begins\n${nonce} ${id} exits 0\n`);
  }
});
setInterval(() => {
  try {
    process.kill(Number(git), 0);
  } catch {
    rmSync(folder, { recursive: true });
    // Node does not end before a thread of its own that still reads.
    writeSync(3, '\0');
    process.exit();
  }
}, 40);
