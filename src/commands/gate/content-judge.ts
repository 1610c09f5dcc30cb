import { nodeBackend } from '../../crypto/node-backend.ts';
import { askOnce, type Opener } from '../../document/ask-once.ts';
import type { CreationRule } from '../../document/creation-rule.ts';
import type { Finding } from '../../document/finding.ts';
import { type Judged, judgeMany, judgeUncovered } from '../../document/judge.ts';
import type { RuleFinder } from '../../document/rule-finder.ts';
import type { GitPath } from '../../git/path.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { type Candidate, isLink } from './candidates.ts';
import { EmptyRules } from './empty-rules.ts';
import { recipientRecord } from './recipient-record.ts';
import type { Snapshot } from './snapshot.ts';

/** Judges the contents of a snapshot's files, as they come from Git, and keeps what is wrong with each. */
export class ContentJudge {
  readonly #snapshot: Snapshot;
  readonly #rules: RuleFinder;
  readonly #ruleOf: ReadonlyMap<GitPath, CreationRule>;
  readonly #opener: Opener | null;
  readonly #empty = new EmptyRules();
  readonly #found = new Map<Candidate, readonly Finding[]>();

  /** @param ruleOf the rules that cover the snapshot's paths */
  constructor(
    snapshot: Snapshot,
    rules: RuleFinder,
    ruleOf: ReadonlyMap<GitPath, CreationRule>,
    keyring: Keyring | null,
  ) {
    this.#snapshot = snapshot;
    this.#rules = rules;
    this.#ruleOf = ruleOf;
    this.#opener = keyring === null ? null : askOnce(keyring);
  }

  async judge(candidates: readonly Candidate[]): Promise<void> {
    let next = 0;
    for await (const contents of (this.#snapshot.contents ?? oneByOne(this.#snapshot))(candidates)) {
      const batch = contents.map((content) => ({ candidate: candidates[next++] as Candidate, content }));
      const read = batch.flatMap(({ candidate, content }) =>
        content === null ? [] : [this.#judged(candidate, content)],
      );
      const its = await judgeMany(read);
      for (const { candidate, content } of batch) {
        if (content !== null) {
          this.#found.set(candidate, [...(its.shift() ?? []), ...(await this.#withoutRule(candidate.path, content))]);
        }
      }
    }
  }

  /** What is wrong with a file that was judged. */
  findings(candidate: Candidate): readonly Finding[] {
    return this.#found.get(candidate) ?? [];
  }

  /** The rules that select no value in any of these files. */
  emptyRules(): Finding[] {
    return this.#empty.findings();
  }

  #judged(candidate: Candidate, content: Uint8Array): Judged {
    const { path } = candidate;
    const rule = this.#ruleOf.get(path) ?? null;
    return {
      path,
      content,
      link: isLink(candidate),
      rule,
      keyring: this.#opener,
      backend: nodeBackend,
      good: this.#snapshot.good,
      recipients: recipientRecord(path, this.#rules, this.#snapshot),
      picked: (values) => this.#empty.count(rule, values),
    };
  }

  async #withoutRule(path: GitPath, content: Uint8Array): Promise<Finding[]> {
    if (this.#ruleOf.has(path)) return [];
    return (await judgeUncovered(path, content)).filter(({ kind }) => kind === 'no-rule');
  }
}

/** So many are asked for before the first is judged, so that nobody waits for Git and back. */
const ahead = 32;

function oneByOne({ content }: Snapshot): NonNullable<Snapshot['contents']> {
  return async function* (candidates) {
    const ask = (start: number) => {
      // In pieces: what is asked for together is written and answered together.
      const asked = Promise.all(candidates.slice(start, start + ahead).map(content));
      // Whoever waits for it is told.
      asked.catch(() => {});
      return asked;
    };
    let asked = ask(0);
    for (let start = 0; start < candidates.length; start += ahead) {
      const contents = asked;
      asked = ask(start + ahead);
      yield await contents;
    }
  };
}
