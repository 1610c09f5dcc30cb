import { GitSopsError } from '../../errors.ts';
import { type ReportFormat, reportFormats } from './report.ts';

export const formatOption = {
  format: { type: 'string', value: 'FORMAT', help: 'text (default), json or markdown' },
  json: { type: 'boolean', help: 'the same as --format json' },
} as const;

/** @throws GitSopsError `wrong-use` */
export function formatOf(
  { format, json }: { readonly format?: string | undefined; readonly json?: boolean | undefined },
  command: string,
): ReportFormat {
  const asked = format ?? (json ? 'json' : 'text');
  const known = reportFormats.find((one) => one === asked);
  if (known !== undefined) return known;
  throw new GitSopsError('wrong-use', {
    detail: `--format does not take "${asked}"`,
    other: `git sops ${command} --help`,
  });
}
