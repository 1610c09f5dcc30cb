import { GitSopsError } from '../errors.ts';
import type { Io } from './io.ts';
import { parseOptions } from './terminal/options.ts';

const spec = {
  name: 'flux',
  summary: 'the Secret and the decryption that Flux needs, and whether the cluster can open what it reads here',
  operands: '[secret | decryption | check [FOLDER…]]',
  options: {
    identity: { type: 'string', value: 'FILE', help: "the cluster's private key for the Secret; - for standard input" },
    keygen: { type: 'boolean', help: 'a new key for the Secret: it is printed once and kept nowhere else' },
    show: { type: 'boolean', help: 'print a private key on a terminal too' },
    name: { type: 'string', value: 'NAME', help: 'of the Secret; default sops-age' },
    namespace: { type: 'string', short: 'n', value: 'NAME', help: 'of the Secret; default flux-system' },
    recipient: {
      type: 'string',
      multiple: true,
      value: 'WHO',
      help: "with check: the cluster's recipient, or its name in .sops.yaml; may be repeated",
    },
    json: { type: 'boolean', help: 'with check: for machines' },
  },
  examples: [
    ['git sops flux --keygen | kubectl apply --server-side -f -', "the cluster's key; its recipient is told on stderr"],
    ['git sops flux --identity cluster.agekey | kubectl apply --server-side -f -', 'a key that there is'],
    ['git sops flux decryption', 'what the Kustomization needs, for kubectl patch --patch-file /dev/stdin'],
    ['git sops flux check --recipient age1…', 'everything that Flux reads of the index; exit 0 clean, 1 findings'],
    ['git sops flux check --recipient staging clusters/staging', 'by the name in .sops.yaml, for one cluster'],
  ],
} as const;

export async function flux(args: string[], io: Io): Promise<number> {
  const parsed = parseOptions(spec, args, io);
  if (parsed === null) return 0;
  const { values, operands } = parsed;
  const [what, ...folders] = operands;
  if (what !== 'check' && folders.length > 0) throw wrongUse(`${what ?? ''} takes no folder`);
  const name = values.name ?? 'sops-age';
  const namespace = values.namespace ?? 'flux-system';
  for (const word of [name, namespace]) if (!isName(word)) throw wrongUse(`"${word}" is no name of Kubernetes`);
  const { identity = null, keygen = false, show = false, json = false, recipient = [] } = values;
  switch (what) {
    case undefined:
    case 'secret':
      return (await import('./flux/print-secret.ts')).printSecret({ name, namespace, identity, keygen, show }, io);
    case 'decryption':
      io.stdout.write((await import('./flux/decryption.ts')).decryption(name));
      return 0;
    case 'check':
      return (await import('./flux/report.ts')).reportFlux({ folders, recipients: recipient, json }, io);
    default:
      throw wrongUse(`there is no "flux ${what}"`);
  }
}

/** A DNS subdomain, as Kubernetes asks for. */
function isName(word: string): boolean {
  return word.length <= 253 && /^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/.test(word);
}

function wrongUse(detail: string): GitSopsError {
  return new GitSopsError('wrong-use', { detail, other: 'git sops flux --help' });
}
