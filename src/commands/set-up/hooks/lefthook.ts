import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GitSopsError } from '../../../errors.ts';
import { type HookEvent, pushHook } from '../../../git/hook-events.ts';
import { nestsTooDeep } from '../../repository/yaml-nesting.ts';
import { addition, type FileChange, hookCommand, type ManagedHook, type ReadText, runsHook } from './managed-hook.ts';
import { withEntry, withoutEntry } from './yaml-entry.ts';

const names = ['lefthook.yml', 'lefthook.yaml', '.lefthook.yml', '.lefthook.yaml'];
const unreadable = ['lefthook.toml', '.lefthook.toml', 'lefthook.json', '.lefthook.json', 'lefthook.jsonc'];

/** lefthook keeps, for each event, a mapping of `commands` or, in newer files, a list of `jobs`. */
export const lefthook: ManagedHook = {
  manager: 'lefthook',
  files: names,
  activate: () => 'lefthook install',

  async present(read, events) {
    const other = unreadable.find((name) => read(name) !== null);
    const text = read(other ?? fileOf(read));
    if (text === null) return false;
    if (other?.endsWith('.toml')) return events.every((name) => withoutComments(text).includes(hookCommand(name)));
    // JSON is YAML, but for the comments that lefthook takes in it.
    const list = other === undefined ? text : withoutComments(text);
    return (await Promise.all(events.map((name) => holds(list, name)))).every(Boolean);
  },

  async added(read, events) {
    const path = fileOf(read);
    const before = read(path);
    let text = before ?? '';
    for (const name of events) {
      if (await holds(text, name)) continue;
      const jobs = Array.isArray((await hookOf(text, name))?.['jobs']);
      const entry = [jobs ? '- name: git-sops' : 'git-sops:', ...runOf(name).map((line) => `  ${line}`)];
      const added = await withEntry(text, [name, jobs ? 'jobs' : 'commands'], entry);
      if (added === null) throw unfit(path, name);
      text = added;
    }
    return text === before ? [] : [{ path, text, what: addition(events, path, before) }];
  },

  async removed(read, events) {
    const changes: FileChange[] = [];
    for (const path of names) {
      const before = read(path);
      if (before === null || !before.includes('git-sops')) continue;
      let text = before;
      for (const name of events) {
        for (const list of ['commands', 'jobs']) {
          const rest = await withoutEntry(text, [name, list], (key, value) => {
            const { name: job, run } = (value ?? {}) as { name?: unknown; run?: unknown };
            return (key ?? job) === 'git-sops' && runsHook(run, name);
          });
          if (rest === null) throw unfit(path, name);
          text = rest;
        }
      }
      if (text !== before)
        changes.push({ path, text: text.trim() === '' ? null : text, what: `take our entry out of ${path}` });
    }
    return changes;
  },

  active(folder) {
    // It installs its other hooks by itself when one runs and finds them in the list.
    return [join(folder, 'pre-commit'), join(folder, 'pre-commit.before-git-sops')].some((file) => {
      try {
        return readFileSync(file, 'utf8').includes('lefthook');
      } catch {
        return false;
      }
    });
  },
};

/** TOML's or JSON's. What looks like one may be in a string: `src/**\/*.ts`. */
function withoutComments(text: string): string {
  return text.replace(stringOrComment, (found) => (/^["']/.test(found) ? found : ' '));
}

/** Each also where it has no end: a search for one that is not there would begin anew at every sign. */
const stringOrComment =
  /"""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|"(?:[^"\\\n]|\\.)*"?|'[^'\n]*'?|(?:#|\/\/).*|\/\*[\s\S]*?(?:\*\/|$)/g;

function fileOf(read: ReadText): string {
  const path = names.find((name) => read(name) !== null);
  if (path !== undefined) return path;
  const other = unreadable.find((name) => read(name) !== null);
  if (other !== undefined) throw unfit(other, 'pre-commit');
  return 'lefthook.yml';
}

/** lefthook gives what Git tells of a push to each command that asks for it, and to Git LFS. */
function runOf(name: HookEvent): string[] {
  return name === pushHook ? [`run: ${hookCommand(name)} {1} {2}`, 'use_stdin: true'] : [`run: ${hookCommand(name)}`];
}

async function holds(text: string, name: HookEvent): Promise<boolean> {
  const hook = await hookOf(text, name);
  const commands = Object.values((hook?.['commands'] ?? {}) as Record<string, unknown>);
  const jobs = Array.isArray(hook?.['jobs']) ? hook['jobs'] : [];
  return [...commands, ...jobs].some((job) => runsHook((job as { run?: unknown } | null)?.run, name));
}

async function hookOf(text: string, name: HookEvent): Promise<Record<string, unknown> | null> {
  if (await nestsTooDeep(text)) return null;
  const { parseDocument } = await import('yaml');
  const doc = parseDocument(text);
  if (doc.errors.length > 0) return null;
  const hook = (doc.toJS() as Record<string, unknown> | null)?.[name];
  return hook !== null && typeof hook === 'object' ? (hook as Record<string, unknown>) : null;
}

function unfit(file: string, name: HookEvent): GitSopsError {
  const detail = 'it is written in a way that init does not edit';
  return new GitSopsError('hook-list-unfit', { file, detail, other: hookCommand(name) });
}
