import { configName } from '../../document/rule-finder.ts';
import { quotePath, shellPath, shellQuote } from '../../quote.ts';
import { count } from '../terminal/count.ts';
import type { MigratePlan } from './migrate-plan.ts';
import type { OldHistory } from './old-history.ts';
import { type OldSetup, toolNames } from './old-setup.ts';

const most = 20;

/** Before anything is written. */
export function planText({ setup, history, recipients, files, newRules, left }: MigratePlan): string {
  const others = [...files.keys()].filter((path) => path !== configName).map(quotePath);
  return [
    `git sops migrate takes over from ${toolNames[setup.tool]}. It will`,
    newRules ? `  - write ${configName}` : `  - go by ${configName} as it is`,
    `  - change ${others.join(', ')}`,
    `  - encrypt ${count(setup.files.length, 'file')} for ${count(recipients.length, 'recipient')}, and stage them; working files stay as they are:`,
    ...setup.files.slice(0, most).map(({ path }) => `      ${quotePath(path)}`),
    ...(setup.files.length > most ? [`      and ${setup.files.length - most} more`] : []),
    ...(left.length > 0
      ? [`  - leave ${count(left.length, 'file')} to ${toolNames[setup.tool]}: ${left.map(quotePath).join(', ')}`]
      : []),
    ...(setup.tool === 'git-secret' && left.length === 0
      ? ['  - take the .secret files and .gitsecret out of Git and the working tree']
      : []),
    "  - set up this clone as git sops init does: Git's filter and the hook",
    '',
    `for ${recipients.join(', ')}`,
    ...(setup.users.length > 0
      ? [
          `${count(setup.users.length, 'user')} of ${toolNames[setup.tool]} may need a recipient each (git sops join): ${setup.users.join(', ')}`,
          '.git-crypt stays, for whoever has to read old commits',
        ]
      : []),
    '',
    ...historyLines(setup, history),
    '',
  ].join('\n');
}

function historyLines({ tool }: OldSetup, { ciphertexts, leaks, caches }: OldHistory): string[] {
  const lines = ['What history holds stays there:'];
  if (ciphertexts > 0) {
    const whose =
      tool === 'sops-filter'
        ? 'are encrypted for the recipients that they had then'
        : `are encrypted by ${toolNames[tool]}: whoever has its key, or had it once, reads them`;
    lines.push(`  - ${count(ciphertexts, 'version')} of these files ${whose}`);
  }
  if (leaks.length === 0) lines.push('  - no version in the clear was found at these paths');
  else {
    lines.push(`  - ${count(leaks.length, 'version')} in the clear; change these secrets at their source:`);
    for (const { path, commit, date } of leaks.slice(0, most)) {
      lines.push(`      ${quotePath(path)}  ${commit.slice(0, 12)}  ${date.slice(0, 10)}`);
    }
    if (leaks.length > most) lines.push(`      and ${leaks.length - most} more`);
  }
  lines.push('    git sops check --history looks at every path that the rules cover, also those that are gone');
  for (const ref of caches) {
    lines.push(`  - Git keeps plaintext of diffs in ${ref}; git update-ref -d ${shellQuote(ref)} removes it`);
  }
  return lines;
}

/** What is left to do, and the way back. */
export function afterwards({ setup, files, newRules }: MigratePlan): string {
  const { tool, settings, filters } = setup;
  const changed = [...files.keys()].filter((path) => path !== configName || !newRules).map(shellPath);
  const back = [
    'git reset --quiet',
    `git checkout -- ${[...changed, ...(tool === 'git-secret' ? ['.gitsecret'] : [])].join(' ')}`,
  ];
  if (newRules) back.push(`rm ${configName}`);
  const hidden = setup.files.filter(({ path, stored }) => path !== stored);
  const shown = hidden.slice(0, most).map(({ stored }) => shellPath(stored));
  if (hidden.length > 0) back.push(`git checkout -- ${hidden.length > most ? "'*.secret'" : shown.join(' ')}`);
  // A filter that gets its name back opens nothing that is not checked out anew, so what lies here stays plaintext.
  const deinit = `git sops deinit --yes${settings.length > 0 ? ' --keep-plaintext' : ''}`;
  back.push(deinit, ...settings);
  return [
    '',
    `Staged: ${count(setup.files.length, 'file')} that ${toolNames[tool]} encrypted until now.`,
    `  commit it        git commit -m ${shellQuote(`Encrypt secrets with SOPS instead of ${toolNames[tool]}`)}`,
    `  look at it       git sops status; git diff --cached --stat`,
    `  back, before     ${back.join(' && ')}`,
    `  back, after      git revert COMMIT${settings.length > 0 ? ` && ${[deinit, ...settings].join(' && ')}` : ''}`,
    ...(tool === 'git-crypt' || tool === 'transcrypt'
      ? [
          `The settings and the key of ${tool} (filter ${filters.join(', ')}) stay in this clone, so that old commits can be checked out.`,
        ]
      : []),
    '',
  ].join('\n');
}
