import { readdirSync } from 'node:fs';

/** Programs that own a repository's hooks; ours is better added to their list than put beside them. */
export type HookManager = 'husky' | 'lefthook' | 'pre-commit';

const signs: Readonly<Record<HookManager, RegExp>> = {
  husky: /^\.husky$/,
  lefthook: /^\.?lefthook(-local)?\.(ya?ml|toml|jsonc?)$/,
  'pre-commit': /^\.pre-commit-config\.ya?ml$/,
};

/** Which of them are set up, and the file or folder at the top that says so. */
export function findHookManagers(top: string): { manager: HookManager; file: string }[] {
  const names = readdirSync(top).sort();
  return (Object.keys(signs) as HookManager[]).flatMap((manager) => {
    const file = names.find((name) => signs[manager].test(name));
    return file === undefined ? [] : [{ manager, file }];
  });
}
