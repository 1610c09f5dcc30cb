import { spawnSync } from 'node:child_process';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

export interface ToolOptions {
  readonly cwd?: string;
  /** Added to an environment without any `SOPS_*`, home or configuration. */
  readonly env?: Record<string, string>;
  readonly input?: string | Uint8Array;
}

export interface ToolResult {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

// Where `go install` puts commands, when the shell's profile does not say so.
// In front, since distributions ship older ones.
export const toolPath = [join(process.env['GOPATH'] ?? join(homedir(), 'go'), 'bin'), process.env['PATH'] ?? ''].join(
  delimiter,
);

function runTool(tool: string, args: readonly string[], { cwd, env, input }: ToolOptions): ToolResult {
  const nowhere = join(tmpdir(), 'git-sops-no-home');
  const done = spawnSync(tool, args, {
    cwd: cwd ?? tmpdir(),
    // HOME and XDG_CONFIG_HOME point to nothing, so that no key of the user's can take part.
    env: { PATH: toolPath, HOME: nowhere, XDG_CONFIG_HOME: nowhere, TMPDIR: tmpdir(), ...env },
    input: input ?? '',
    maxBuffer: 1 << 28,
  });
  return { code: done.status ?? 255, stdout: done.stdout ?? Buffer.alloc(0), stderr: done.stderr?.toString() ?? '' };
}

/** The real sops. Any exit code is returned. */
export function sops(args: readonly string[], options: ToolOptions = {}): ToolResult {
  return runTool('sops', args, options);
}

/** Our own command line, as it is built, in the same empty environment. @param name another one that links to it */
export function ours(args: readonly string[], options: ToolOptions = {}, name?: string): ToolResult {
  return runTool(process.execPath, [name ?? process.env['GIT_SOPS_TEST_CLI'] ?? '', ...args], options);
}

/** The real age. */
export function age(args: readonly string[], options: ToolOptions = {}): ToolResult {
  return runTool('age', args, options);
}

export function ageKeygen(args: readonly string[], options: ToolOptions = {}): ToolResult {
  return runTool('age-keygen', args, options);
}

/** Of the version whose behaviour is followed; others may differ. */
export const hasSops = sops(['--disable-version-check', '--version']).stdout.toString().startsWith('sops 3.13.');
// Where they could be installed, a skipped interop test would be a hole that nobody sees.
if (process.env['GIT_SOPS_REQUIRE_SOPS'] && !hasSops) throw new Error('sops 3.13 is required here and was not found');

/** One that knows post-quantum recipients. */
export const hasAge = age(['--version']).code === 0 && ageKeygen(['-pq']).code === 0;
