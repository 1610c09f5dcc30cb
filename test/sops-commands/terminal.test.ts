import { expect, it } from 'vitest';
import { hasTerminal, onTerminal } from '../on-terminal.ts';
import { createTeam, secretRule } from '../repo/team.ts';
import { hasSops, toolPath } from '../sops.ts';

const secret = 'user: admin\npassword: hunter2\n';

it.skipIf(!hasTerminal || !hasSops)(
  'decrypt on a terminal: shows the file that was named, as sops does, and waits for nobody where none was (needs python3, sops)',
  async () => {
    const { box, keyFile } = await createTeam(secretRule);
    await box.commit({ 'secrets/db.yaml': secret });
    await box.write('stored.yaml', await box.blob('HEAD:secrets/db.yaml'));
    const env = { SOPS_AGE_KEY_FILE: keyFile, PATH: `${box.env['PATH']}:${toolPath}` };
    const onTty = (line: string) => onTerminal(box, [], ['bash', '-c', `${line} </dev/tty`], env);
    const ours = await onTty('git sops decrypt stored.yaml');
    expect(ours).toEqual(await onTty('sops decrypt stored.yaml'));
    expect(ours.shown.replaceAll('\r\n', '\n')).toBe(secret);
    // The working file of an unlocked tree, which sops would refuse.
    expect((await onTty('git sops decrypt secrets/db.yaml')).shown.replaceAll('\r\n', '\n')).toBe(secret);

    const unnamed = await onTty('git sops decrypt');
    expect(unnamed.code).toBe(8);
    expect(unnamed.shown).toContain('there is no file, and standard input is a terminal');
    expect(unnamed.shown).toContain('git sops decrypt FILE, or git sops decrypt <FILE');
    // Into a pipe and out of one it is a filter still.
    const piped = await box.run('bash', ['-c', 'git sops decrypt --input-type yaml --output-type yaml <stored.yaml'], {
      env,
    });
    expect([piped.code, piped.stdout.toString()]).toEqual([0, secret]);
  },
);
