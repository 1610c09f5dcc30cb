// A filter that does nothing: it speaks Git's protocol, asks one `git cat-file --batch` as git-sops must for its first file, and answers
// with as many random bytes as a sealed Secret has. What it takes, no filter on its runtime is faster than. For scripts/bench.mjs, which
// runs it with Node and compiles it with Bun. CommonJS in all but name: no top-level await, and nothing of ours.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readSync, writeSync } from 'node:fs';

/** What sops's metadata for one recipient adds to a file, about. */
const metadataLength = 1800;

const chunk = Buffer.alloc(1 << 16);
let have = Buffer.alloc(0);

/** The next packet: null for a flush, undefined at the end. */
function packet() {
  for (;;) {
    const length = have.length < 4 ? Number.NaN : Number.parseInt(have.toString('latin1', 0, 4), 16);
    if (length === 0 || have.length >= length) {
      const payload = length === 0 ? null : have.subarray(4, length);
      have = have.subarray(Math.max(4, length));
      return payload;
    }
    const got = readSync(0, chunk, 0, chunk.length, null);
    if (got === 0) return undefined;
    have = Buffer.concat([have, chunk.subarray(0, got)]);
  }
}

/** The packets up to a flush; null at the end. */
function list() {
  const packets = [];
  for (let next = packet(); next !== null; next = packet()) {
    if (next === undefined) return null;
    packets.push(next);
  }
  return packets;
}

const framed = (payload) => [Buffer.from((payload.length + 4).toString(16).padStart(4, '0')), Buffer.from(payload)];
const flush = Buffer.from('0000');
const send = (...parts) => writeSync(1, Buffer.concat(parts.flat()));

list();
send(framed('git-filter-server\n'), framed('version=2\n'), flush);
list();
send(framed('capability=clean\n'), framed('capability=smudge\n'), flush);
let asked = false;
for (let request = list(); request !== null; request = list()) {
  const fields = request.map((line) => String(line).trimEnd());
  const content = Buffer.concat(list() ?? []);
  const cleans = fields.includes('command=clean');
  if (cleans && !asked) {
    asked = true;
    const path = fields.find((field) => field.startsWith('pathname='))?.slice('pathname='.length);
    spawnSync('git', ['cat-file', '--batch', '--buffer'], { input: `:0:${path}\nHEAD:${path}\n` });
  }
  const length = cleans ? content.length + metadataLength : Math.max(1, content.length - metadataLength);
  send(framed('status=success\n'), flush, framed(randomBytes(length)), flush, flush);
}
