import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { findProgram } from '../../find-program.ts';
import type { KeyContext } from '../key-context.ts';
import { GrpcKeyService } from './grpc-key-service.ts';
import type { KeyService } from './key-service.ts';
import { runtimeFolder } from './runtime-folder.ts';

/**
 * The user's own sops as a key service for as long as this process lives, on a socket in a folder that nobody else can enter.
 * The shell around it ends it when its standard input closes, and that closes however this process ends. The shell looks for no
 * program by its name: the folder that it is in is a repository's, and `PATH` may name that.
 */
const script =
  '"$0" keyservice --network unix --address "$1/s" >/dev/null 2>&1 & while read -r _; do :; done; kill $!; "$2" -rf "$1"';

/** Milliseconds from the start to the socket. */
const startLimit = 10_000;
/** What a socket's path may have, in bytes, on the strictest system. */
const longestSocket = 100;

/** @returns why there is none, where there is none */
export async function startLocalKeyService(context: KeyContext): Promise<KeyService | { readonly missing: string }> {
  // Another user could use a service that listens on a port, and Node has no sockets in folders there.
  if (context.platform === 'win32') {
    return { missing: 'on Windows no key service is started; SOPS_KEYSERVICE can name one that runs' };
  }
  // git-sops itself may be called sops.
  const isOurs = (real: string) => /^git-sops|\.[cm]?js$/.test(basename(real));
  const program = findProgram('sops', context, isOurs);
  if (program === null) return { missing: 'the program sops is not installed here' };
  const remove = findProgram('rm', context);
  if (remove === null) return { missing: 'the program rm is not in PATH' };
  const places = [runtimeFolder(context.env), tmpdir(), '/tmp'];
  const folders = places.filter((path): path is string => path !== null && existsSync(path));
  const parent = folders.find((path) => Buffer.byteLength(path) < longestSocket - 20) ?? '/tmp';
  const folder = await mkdtemp(join(parent, 'git-sops-'));
  const child = spawn('/bin/sh', ['-c', script, program, folder, remove], {
    cwd: context.cwd,
    env: context.env as NodeJS.ProcessEnv,
    stdio: ['pipe', 'ignore', 'ignore'],
    // Out of reach of the terminal's Ctrl-C, which would end it under a process that goes on.
    detached: true,
  });
  let gone = false;
  child.on('error', () => {
    gone = true;
  });
  child.on('exit', () => {
    gone = true;
  });
  child.unref();
  (child.stdin as unknown as { unref?(): void }).unref?.();
  const socket = join(folder, 's');
  for (const end = Date.now() + startLimit; !(await answers(socket)); await wait(5)) {
    if (gone || Date.now() > end) {
      child.stdin.end();
      return { missing: `${program} keyservice did not start` };
    }
  }
  return new GrpcKeyService('sops keyservice', `unix://${socket}`);
}

/** gRPC would wait for a second behind a socket that is there and not yet listened at. */
function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socket);
    const done = (answered: boolean) => {
      probe.destroy();
      resolve(answered);
    };
    probe.once('connect', () => done(true)).once('error', () => done(false));
  });
}
