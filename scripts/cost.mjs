// What a command costs on the clock and of processor time, with all that it starts.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { env, have, timed } from './bench-lab.mjs';

const counter = join(import.meta.dirname, 'cpu-time.py');
const counts = have('python3', counter, 'true');

/** Milliseconds; `cpu` is undefined where the system cannot count it. @throws when the command fails */
export function cost(cwd, ...words) {
  const [command, ...args] = counts ? ['python3', counter, ...words] : words;
  let done;
  const wall = timed(() => {
    done = spawnSync(command, args, { cwd, env, encoding: 'utf8' });
  });
  if (done.status !== 0) throw new Error(`${words.join(' ')}: ${done.stderr.slice(0, 2000)}`);
  if (!counts) return { wall };
  const [clock, cpu] = done.stdout.split(' ').map(Number);
  return { wall: clock, cpu };
}
