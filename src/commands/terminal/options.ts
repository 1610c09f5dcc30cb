import { type ParseArgsConfig, parseArgs } from 'node:util';
import { GitSopsError } from '../../errors.ts';
import type { Io } from '../io.ts';

interface Option {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly multiple?: boolean;
  /** What stands for the value in the help. */
  readonly value?: string;
  readonly help: string;
}

export type OptionSet = Record<string, Option>;

export interface CommandSpec<T extends OptionSet> {
  readonly name: string;
  readonly summary: string;
  /** The positional arguments, as the help shows them. */
  readonly operands?: string;
  readonly options: T;
  /** Each a command line and what it is for. */
  readonly examples: readonly (readonly [string, string])[];
}

type ValueOf<O extends Option> = O['type'] extends 'boolean'
  ? boolean | undefined
  : O extends { multiple: true }
    ? string[] | undefined
    : string | undefined;

export interface Parsed<T extends Record<string, Option>> {
  readonly values: { readonly [K in keyof T]: ValueOf<T[K]> };
  readonly operands: string[];
}

/**
 * The command's options and operands; null when `--help` was asked for and has been printed.
 * @throws GitSopsError `wrong-use` (exit 2)
 */
export function parseOptions<const T extends Record<string, Option>>(
  spec: CommandSpec<T>,
  args: string[],
  io: Io,
): Parsed<T> | null {
  if (args.includes('--help') || args.includes('-h')) {
    io.stdout.write(helpOf(spec));
    return null;
  }
  const options: NonNullable<ParseArgsConfig['options']> = {};
  for (const [name, { type, short, multiple }] of Object.entries(spec.options)) {
    options[name] = { type, ...(short && { short }), ...(multiple && { multiple }) };
  }
  try {
    const { rest, switches } = takeSwitches(args, spec.options);
    const { values, positionals } = parseArgs({ args: rest, options, allowPositionals: spec.operands !== undefined });
    return { values: { ...values, ...switches } as Parsed<T>['values'], operands: positionals };
  } catch (error) {
    const detail = (error as Error).message.split('. ')[0] ?? '';
    throw new GitSopsError('wrong-use', { detail, other: `git sops ${spec.name} --help` });
  }
}

/** `--flag=true`, `--flag=false` and `-f=false`, which sops's flags take (Go's strconv.ParseBool) and Node's do not. */
function takeSwitches(args: readonly string[], options: OptionSet) {
  const switches: Record<string, boolean> = {};
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  const rest = args.filter((arg, i) => {
    const [, long, letter, yes] = /^(?:--([\w-]+)|-(\w))=(?:(1|t|true)|0|f|false)$/i.exec(arg) ?? [];
    const name =
      long ?? Object.keys(options).find((key) => letter !== undefined && options[key]?.short === letter) ?? '';
    if (i >= end || !Object.hasOwn(options, name) || options[name]?.type !== 'boolean') return true;
    switches[name] = yes !== undefined;
    return false;
  });
  return { rest, switches };
}

function helpOf(spec: CommandSpec<Record<string, Option>>): string {
  const names = Object.entries(spec.options).map(([name, { short, value, type }]) => {
    const placeholder = type === 'boolean' ? '' : ` ${value ?? 'VALUE'}`;
    return `${short === undefined ? '' : `-${short}, `}--${name}${placeholder}`;
  });
  const width = Math.max(0, ...names.map((name) => name.length));
  const options = Object.values(spec.options).map(({ help }, i) => `  ${(names[i] ?? '').padEnd(width)}  ${help}`);
  const most = Math.max(0, ...spec.examples.map(([command]) => command.length));
  const examples = spec.examples.map(([command, what]) => `  ${command.padEnd(most)}  # ${what}`);
  const usage = `Usage: git sops ${spec.name}${options.length > 0 ? ' [options]' : ''}${spec.operands ? ` ${spec.operands}` : ''}`;
  return [
    `git sops ${spec.name}: ${spec.summary}\n\n${usage}\n`,
    options.length > 0 ? `Options:\n${options.join('\n')}\n` : '',
    examples.length > 0 ? `Examples:\n${examples.join('\n')}\n` : '',
  ]
    .filter((part) => part !== '')
    .join('\n');
}
