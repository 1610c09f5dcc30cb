import type { Io } from '../io.ts';
import { serverHookPlan } from '../set-up/server-hook.ts';
import type { Answer } from './answer.ts';

/** A bare repository has nothing that is checked out; what matters is whether pushes are judged. */
export async function serverAnswers(io: Io): Promise<Answer[]> {
  const missing = await serverHookPlan(io);
  if (missing.length === 0)
    return [{ level: 'ok', text: `bare repository ${io.cwd}: every push is judged (pre-receive)` }];
  const text = `bare repository ${io.cwd}: pushes are not judged, or by another git-sops (pre-receive)`;
  return [{ level: 'bad', text, mend: 'git sops init --yes' }];
}
