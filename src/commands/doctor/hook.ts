import { type HookEvent, pushHook } from '../../git/hook-events.ts';
import { findHookManagers } from '../../git/hook-manager.ts';
import { runGit } from '../../git/run.ts';
import type { Io } from '../io.ts';
import { hookHere } from '../set-up/hook-plan.ts';
import type { Answer } from './answer.ts';

/** Whether a commit is judged, by whom, and how often. */
export async function hookAnswers(io: Io): Promise<Answer[]> {
  const { native, listed, awake, partly, missing, events } = await hookHere(io);
  const answers: Answer[] = [];
  const mend = 'git sops init --yes';
  // A hook of this clone alone, where it is whole, judges all of it.
  const running = awake.length > 0 || native.state !== 'none' ? awake : partly;
  const [manager] = running;
  if (manager !== undefined) {
    const names = running.map(({ manager }) => manager).join(' and ');
    const { code } = await runGit(['sops', '--version'], { okCodes: [0, 1] });
    const text = `${names} runs the pre-commit hook`;
    if (code !== 0) {
      const refused = `${text}, but "git sops" is not found in PATH: every commit is refused`;
      answers.push({ level: 'bad', text: refused, mend: 'npm install --global git-sops' });
    } else if (awake.length === 0 && missing.length > 0) {
      const lacking = `${text}, but the ${missing.join(' and the ')} hook is missing: ${unjudged(missing)} are not judged`;
      answers.push({ level: 'bad', text: lacking, mend: manager.activate(missing) });
    } else if (native.state !== 'none') {
      answers.push({ level: 'note', text: `${text}, and so does ${native.place}`, mend });
    } else answers.push({ level: 'ok', text });
  } else if (native.state === 'none') {
    answers.push({ level: 'bad', text: 'the pre-commit hook is missing: commits are not judged', mend });
  } else if (native.broken !== null) {
    answers.push({ level: 'bad', text: `the pre-commit hook is there (${native.place}), but ${native.broken}`, mend });
  } else if (native.state === 'stale') {
    const text = `the pre-commit hook is of another git-sops, or one of its events is missing (${native.place})`;
    answers.push({ level: 'note', text, mend });
  } else answers.push({ level: 'ok', text: `the pre-commit hook is in place (${native.place})` });
  if (events.includes(pushHook)) {
    const text = 'pushes are judged too, before anything leaves (pre-push)';
    answers.push({ level: 'ok', text });
  }
  for (const { manager, activate } of listed.filter((hook) => !running.includes(hook))) {
    const text = `${manager} lists the hook, but Git does not run ${manager} here`;
    answers.push({ level: 'note', text, mend: activate(events) });
  }
  for (const { manager, file } of findHookManagers(io.cwd)) {
    if (listed.some((hook) => hook.manager === manager)) continue;
    const text = `${manager} manages hooks here (${file}) and does not list this one`;
    answers.push({ level: 'note', text, mend: `git sops init --hook ${manager}` });
  }
  return answers;
}

function unjudged(events: readonly HookEvent[]): string {
  return events.map((name) => (name === pushHook ? 'pushes' : 'merges')).join(' and ');
}
