import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GitSopsError } from '../../../errors.ts';
import { commitHooks, type HookEvent, pushHook } from '../../../git/hook-events.ts';
import { nestsTooDeep } from '../../repository/yaml-nesting.ts';
import { addition, type FileChange, hookCommand, type ManagedHook, runsHook } from './managed-hook.ts';
import { withEntry, withoutEntry } from './yaml-entry.ts';

const path = '.pre-commit-config.yaml';

/** Of the events that see a commit this manager knows these; `git am` is left to `check`. */
const known: readonly HookEvent[] = ['pre-commit', 'pre-merge-commit', pushHook];

/** An entry of the list, and the events that it is for. */
interface Listed {
  readonly id: string;
  readonly events: readonly HookEvent[];
}

const ofCommits: Listed = { id: 'git-sops', events: commitHooks };
const ofPushes: Listed = { id: 'git-sops-push', events: [pushHook] };

/** For every commit or push, whatever files it names; the work is in git-sops, so nothing is passed. */
function entryOf({ id, events }: Listed): string[] {
  return [
    '- repo: local',
    '  hooks:',
    `    - id: ${id}`,
    `      name: ${id}`,
    `      entry: ${hookCommand(events[0] ?? 'pre-commit')}`,
    '      language: system',
    `      stages: [${events.filter((name) => known.includes(name)).join(', ')}]`,
    '      always_run: true',
    '      pass_filenames: false',
  ];
}

interface Repo {
  readonly repo?: unknown;
  readonly hooks?: readonly ({ readonly id?: unknown; readonly entry?: unknown } | null)[];
}

/** The pre-commit framework: a local repository in its list, with one hook for commits and one for pushes. */
export const preCommit: ManagedHook = {
  manager: 'pre-commit',
  files: [path],
  activate: (events) =>
    `pre-commit install ${stages(events)
      .map((name) => `--hook-type ${name}`)
      .join(' ')}`,

  async present(read, events) {
    const text = read(path) ?? '';
    return (await Promise.all(entriesFor(events).map((listed) => holds(text, listed)))).every(Boolean);
  },

  async added(read, events) {
    const before = read(path);
    const changes: FileChange[] = [];
    let text = before ?? '';
    for (const listed of entriesFor(events)) {
      if (await holds(text, listed)) continue;
      const added = await withEntry(text, ['repos'], entryOf(listed));
      if (added === null) throw unfit(listed);
      text = added;
      changes.splice(0, 1, { path, text, what: addition(events, path, before) });
    }
    return changes;
  },

  async removed(read, events) {
    const before = read(path);
    if (before === null || !before.includes('git-sops')) return [];
    let text = before;
    for (const listed of entriesFor(events)) {
      const rest = await withoutEntry(text, ['repos'], (_, value) => {
        const { repo, hooks } = value as Repo;
        const [hook] = hooks ?? [];
        return repo === 'local' && hooks?.length === 1 && hook?.id === listed.id && runs(hook, listed);
      });
      if (rest === null) throw unfit(listed);
      text = rest;
    }
    return text === before
      ? []
      : [{ path, text: text.trim() === '' ? null : text, what: `take our entry out of ${path}` }];
  },

  active(folder, events) {
    return stages(events).every((name) =>
      [name, `${name}.before-git-sops`].some((file) => {
        try {
          return readFileSync(join(folder, file), 'utf8').includes('pre-commit.com');
        } catch {
          return false;
        }
      }),
    );
  },
};

function entriesFor(events: readonly HookEvent[]): Listed[] {
  return [ofCommits, ofPushes].filter((listed) => listed.events.some((name) => events.includes(name)));
}

function stages(events: readonly HookEvent[]): HookEvent[] {
  return known.filter((name) => events.includes(name));
}

/** Written by `init` or by hand, or by the id that .pre-commit-hooks.yaml has for those who name this repository. */
async function holds(text: string, listed: Listed): Promise<boolean> {
  if (await nestsTooDeep(text)) return false;
  const { parseDocument } = await import('yaml');
  const doc = parseDocument(text);
  if (doc.errors.length > 0) return false;
  const repos = (doc.toJS() as { repos?: unknown } | null)?.repos;
  if (!Array.isArray(repos)) return false;
  return repos.some((repo: Repo | null) => {
    const ours = typeof repo?.repo === 'string' && /[/:]git-sops(?:\.git)?\/?$/.test(repo.repo);
    return repo?.hooks?.some((hook) => runs(hook, listed) || (ours && hook?.id === listed.id));
  });
}

function runs(hook: { readonly entry?: unknown } | null, { events }: Listed): boolean {
  return runsHook(hook?.entry, events[0]);
}

function unfit({ events }: Listed): GitSopsError {
  const detail = 'it is written in a way that init does not edit';
  return new GitSopsError('hook-list-unfit', { file: path, detail, other: hookCommand(events[0] ?? 'pre-commit') });
}
