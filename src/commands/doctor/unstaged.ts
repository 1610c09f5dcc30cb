import { configName, createRuleFinder } from '../../document/rule-finder.ts';
import { amongFiltered } from '../../git/attributes.ts';
import { type BlobReader, indexObject } from '../../git/blob-reader.ts';
import type { GitPath } from '../../git/path.ts';
import { quotePath, shellPath } from '../../quote.ts';
import type { Io } from '../io.ts';
import { coveredFiles } from '../repository/covered-files.ts';
import { unstagedSetUp } from '../repository/unstaged-set-up.ts';
import type { Answer } from './answer.ts';

/** Whether other clones get the rules and attributes that protect the files here. */
export async function unstagedAnswers(io: Io, blobs: BlobReader): Promise<Answer[]> {
  const { unknown, changed, ignored } = await unstagedSetUp(io.cwd, blobs);
  const answers: Answer[] = [];
  if (ignored) {
    const text = `${configName} is ignored by Git: no other clone has these rules`;
    const mend = `git add --force ${configName}, or leave it where the rules are yours alone`;
    answers.push({ level: 'note', text, mend });
  }
  if (unknown.length > 0) {
    const text = `${named(unknown)} not in Git: every other clone would store plaintext`;
    answers.push({ level: 'bad', text, mend: add(unknown) });
  }
  if (changed.length > 0) {
    const bare = await onlyHere(io, blobs);
    const text = `${named(changed)} not staged as here`;
    answers.push(
      bare === null
        ? { level: 'note', text: `${text}, so that other clones do not know of it`, mend: add(changed) }
        : { level: 'bad', text: `${text}: every other clone would store ${bare} as plaintext`, mend: add(changed) },
    );
  }
  return answers;
}

function named(paths: readonly GitPath[]): string {
  return `${paths.map(quotePath).join(' and ')} ${paths.length === 1 ? 'is' : 'are'}`;
}

function add(paths: readonly GitPath[]): string {
  return `git add ${paths.map(shellPath).join(' ')}`;
}

/** The first tracked file that rules and attributes of the working tree protect, and those of the index do not. */
async function onlyHere(io: Io, blobs: BlobReader): Promise<string | null> {
  const covered = await coveredFiles(io, blobs, []);
  const rules = createRuleFinder(async (path) => (await blobs.read(indexObject(path)))?.content ?? null);
  const filtered = new Set(
    await amongFiltered(
      covered.map(({ path }) => path),
      'sops',
      { of: 'index' },
    ),
  );
  for (const { path, rule, filtered: here } of covered) {
    const bare = (rule !== null && (await rules.find(path)) === null) || (here && !filtered.has(path));
    if (bare) return quotePath(path);
  }
  return null;
}
