// Completes package-lock.json: `npm ci` wants an entry for every optional platform package, and npm leaves out those that
// the registry in use does not carry (a mirror with Linux packages only, say). Run it after each change of dependencies.
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));
const systems = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const processors = ['arm64', 'arm', 'ia32', 'ppc64', 'riscv64', 's390x', 'x64'];
let added = 0;

for (const [place, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`;
    if (lock.packages[key] || lock.packages[`${place}/${key}`]) continue;
    const words = name.split(/[/-]/);
    const platform = (known, field) => {
      const word = known.find((value) => words.includes(value));
      return word === undefined ? {} : { [field]: [word] };
    };
    lock.packages[key] = {
      version,
      ...platform(processors, 'cpu'),
      ...(entry.dev === true ? { dev: true } : {}),
      optional: true,
      ...platform(systems, 'os'),
    };
    added += 1;
  }
}

const [root, ...rest] = Object.entries(lock.packages);
rest.sort(([a], [b]) => a.localeCompare(b, 'en'));
lock.packages = Object.fromEntries([root, ...rest]);
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`package-lock.json: ${added} platform packages added`);
