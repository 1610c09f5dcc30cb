import type { CreationRule } from '../../document/creation-rule.ts';
import type { Finding } from '../../document/finding.ts';

/** Counts what rules pick over all the files that they cover: one file without a secret is no mistake, all of them may be one. */
export class EmptyRules {
  readonly #seen = new Map<string, { rule: CreationRule; files: number; values: number }>();

  count(rule: CreationRule | null, values: number): void {
    if (rule === null) return;
    const key = `${rule.index} ${rule.file}`;
    const { files, values: before } = this.#seen.get(key) ?? { files: 0, values: 0 };
    this.#seen.set(key, { rule, files: files + 1, values: before + values });
  }

  findings(): Finding[] {
    return [...this.#seen.values()]
      .filter(({ values }) => values === 0)
      .map(({ rule, files }) => ({
        kind: 'empty-rule',
        path: rule.file ?? '.sops.yaml',
        line: rule.line,
        detail: `${rule.selector.kind} ${JSON.stringify(rule.selector.value)} picks no value in ${files} ${files === 1 ? 'file' : 'files'}`,
        mend: `correct the rule in ${rule.file ?? '.sops.yaml'}, then git sops check`,
      }));
  }
}
