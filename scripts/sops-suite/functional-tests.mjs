// sops's functional tests: a crate whose tests call ./sops.
import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

/** @returns the tests' program; null, and a line that says so, where it cannot be built here: no cargo, no crates, too old a one */
export function buildTests(lab) {
  // Cargo's own home is the user's: it may have the crates.
  const env = { ...process.env, CARGO_TARGET_DIR: join(lab.folder, 'target') };
  const built = lab.run('cargo', ['test', '--no-run', '--locked', '--message-format=json'], { env, timeout: 180_000 });
  if (built.status !== 0) {
    const reasons = { ENOENT: 'there is no cargo', ETIMEDOUT: 'it takes too long' };
    const why = reasons[built.error?.code] ?? /^error.*/m.exec(built.stderr)?.[0];
    console.log(`skipped: the functional tests cannot be built: ${why}`);
    return null;
  }
  const messages = built.stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
  return messages.findLast(({ executable }) => typeof executable === 'string').executable;
}

/** @returns by the name of a test `ok`, `FAILED` or `ignored` */
export function runTests(lab, program, sops, skipped) {
  const link = join(lab.tests, 'sops');
  rmSync(link, { force: true });
  symlinkSync(sops, link);
  const { stdout } = lab.run(
    program,
    skipped.flatMap((name) => ['--skip', name]),
    { timeout: 120_000 },
  );
  const results = stdout.matchAll(/^test tests::(\w+) \.\.\. (ok|FAILED|ignored)/gm);
  return new Map([...results].map(([, name, result]) => [name, result]));
}
