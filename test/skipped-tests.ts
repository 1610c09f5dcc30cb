import type { Reporter, TestModule } from 'vitest/node';

const mostNames = 3;

/** Names at the end what was skipped because a tool is missing: such a test says "(needs sops)" in its name. */
export default class SkippedTests implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const lines: string[] = [];
    for (const module of modules) {
      const skipped = [...module.children.allTests('skipped')].map(({ fullName }) => fullName);
      const needy = skipped.filter((name) => name.includes('(needs '));
      const more = needy.length > mostNames ? [`and ${needy.length - mostNames} more`] : [];
      const names = [...needy.slice(0, mostNames).map((name) => name.slice(0, 120)), ...more];
      if (needy.length > 0) lines.push(`  ${module.relativeModuleId}\n    ${names.join('\n    ')}`);
    }
    if (lines.length > 0) console.log(`Skipped, since this machine lacks what they need:\n${lines.join('\n')}\n`);
  }
}
