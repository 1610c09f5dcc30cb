import { createRuleFinder } from '../../document/rule-finder.ts';
import { listPaths } from '../../git/index-entries.ts';
import type { GitPath } from '../../git/path.ts';
import { quotePath } from '../../quote.ts';
import { regularFile } from '../gate/worktree-verdict.ts';

/** Enough to see what a repository is about. */
const mostRead = 500;

/**
 * What to say of first rules, which encrypt every value: Flux, kustomize and kubectl must read what a manifest is and what it is called.
 * @param rules the new `.sops.yaml`
 * @returns lines, none where no manifest is covered
 */
export async function manifestHint(top: string, rules: Uint8Array): Promise<string> {
  const paths = (await listPaths({ untracked: true })).filter((path) => /\.ya?ml$/.test(path));
  const finder = createRuleFinder(async (path) => (path === '.sops.yaml' ? rules : null));
  const covered = [...(await finder.findAll(paths)).keys()].slice(0, mostRead).map((i) => paths[i] as GitPath);
  const manifests = covered.filter((path) => isManifest(regularFile(top, path)));
  const [first] = manifests;
  if (first === undefined) return '';
  const what =
    manifests.length === 1 ? 'is a Kubernetes manifest' : `and ${manifests.length - 1} more are Kubernetes manifests`;
  return `${quotePath(first)} ${what}: Flux, kustomize and kubectl must read kind and name, and these rules encrypt every value
  try: a line "encrypted_regex: ^(data|stringData)$" beside path_regex in .sops.yaml, before you add such files
`;
}

function isManifest(content: Uint8Array | null): boolean {
  const text = content === null ? '' : Buffer.from(content).toString('latin1');
  return /^apiVersion:[ \t]*\S/m.test(text) && /^kind:[ \t]*\S/m.test(text) && !text.includes('ENC[AES256_GCM,');
}
