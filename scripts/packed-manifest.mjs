// npm's `prepack` and `postpack`: a package needs neither scripts nor development dependencies, and npm warns of a tarball that has
// `prepare`, which is for clones. node scripts/packed-manifest.mjs strip|restore
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

const manifest = 'package.json';
const original = '.package.json.original';

// One that is still there is of a pack that was killed: what stands in package.json is the stripped one.
if (existsSync(original)) renameSync(original, manifest);
if (process.argv[2] === 'strip') {
  const text = readFileSync(manifest, 'utf8');
  const { scripts, devDependencies, ...packed } = JSON.parse(text);
  writeFileSync(original, text);
  writeFileSync(manifest, `${JSON.stringify(packed, null, 2)}\n`);
}
