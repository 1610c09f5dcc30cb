import { describe, expect, it } from 'vitest';
import { createTeam, secretRule } from './team.ts';

const setUp = 'Everything is set up.\n';

describe('init --diff', () => {
  it('semantic: git diff shows keys; text takes it back; each is idempotent and lasts', async () => {
    const team = await createTeam(secretRule);
    const { box } = team;
    const init = async (...args: string[]) => (await team.sops('init', '--yes', ...args)).stdout.toString();
    const command = () => box.tryGit(['config', '--local', 'diff.sops.command']);
    await box.commit({ 'secrets/db.yaml': 'user: admin\npassword: hunter2\n' });
    await box.write('secrets/db.yaml', 'user: admin\npassword: hunter3\n');
    expect(await box.git('diff')).toContain('-password: hunter2\n+password: hunter3');

    expect(await init('--diff', 'semantic')).toContain('git diff by keys');
    const byKeys = await box.git('diff');
    expect(byKeys).toContain('password');
    expect(byKeys).not.toContain('user');
    expect(byKeys).not.toContain('@@');
    expect(await init('--diff', 'semantic')).toBe(setUp);
    expect(await init()).toBe(setUp);
    expect((await team.sops('doctor')).stdout.toString()).toContain('git diff shows which keys changed');

    await box.git('config', 'diff.sops.command', '/gone/git-sops external-diff');
    expect(await init()).toContain('git diff by keys');
    expect(await box.git('diff')).toBe(byKeys);

    expect(await init('--diff', 'text')).toContain('git diff by lines');
    expect((await command()).code).toBe(1);
    expect(await box.git('diff')).toContain('+password: hunter3');
    expect(await init('--diff', 'text')).toBe(setUp);

    await init('--diff', 'semantic');
    // An edit that is not staged keeps deinit from locking the file.
    await box.git('add', '.');
    await team.sops('deinit', '--yes');
    expect((await command()).code).toBe(1);
  });

  it('for all clones of the user; a command of the user’s own stays unless asked', async () => {
    const team = await createTeam(secretRule);
    await team.box.commit();
    await team.sops('init', '--global', '--yes', '--diff', 'semantic');
    expect(await team.box.git('config', '--global', 'diff.sops.command')).toMatch(/ external-diff$/);
    const local = await team.sops('init', '--yes', '--diff', 'text');
    expect(local.stdout.toString()).toContain('try: git sops init --global --diff text');
    expect((await team.sops('deinit', '--global', '--yes')).code).toBe(0);
    expect((await team.box.tryGit(['config', '--global', 'diff.sops.command'])).code).toBe(1);

    await team.box.git('config', 'diff.sops.command', 'my-diff');
    expect((await team.sops('init', '--yes')).stdout.toString()).toBe(setUp);
    expect((await team.sops('doctor')).stdout.toString()).toContain('another program');
    expect((await team.sops('init', '--yes', '--diff', 'text')).stdout.toString()).toContain('unset');
  });

  it('refuses what it does not know', async () => {
    const team = await createTeam(secretRule);
    expect((await team.sops('init', '--diff', 'fancy')).code).toBe(2);
  });
});
