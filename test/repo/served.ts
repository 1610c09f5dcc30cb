import { chmod, copyFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect } from 'vitest';
import type { Finished, Sandbox } from '../sandbox.ts';
import { createTeam, secretRule, type Team } from './team.ts';

export interface Served extends Team {
  readonly server: Sandbox;
  push(...args: string[]): Promise<Finished>;
}

/** A team with a server whose repository is bare and has our file as its hook: no key, no filter. */
export async function createServed(rules = secretRule): Promise<Served> {
  const team = await createTeam(rules);
  const server = await team.box.init('server.git', '--bare');
  const hook = join(server.repo, 'hooks/pre-receive');
  await copyFile(resolve('hooks/pre-receive'), hook);
  await chmod(hook, 0o755);
  await team.box.git('remote', 'add', 'origin', server.repo);
  await team.box.commit({ 'secrets/db.yaml': 'user: admin\npassword: hunter1\n', 'readme.md': 'text\n' });
  const push = async (...args: string[]) => {
    const done = await team.box.tryGit(['push', 'origin', ...args]);
    expect(done.stderr).not.toContain('hunter');
    expect(done.stderr).not.toContain('internal error');
    return done;
  };
  const first = await push('main');
  if (first.code !== 0) throw new Error(first.stderr);
  return { ...team, server, push };
}
