import type { Io } from '../io.ts';
import { colourOn } from '../terminal/colour.ts';
import type { Report } from './report.ts';

export const reportFormats = ['text', 'json', 'sarif', 'github', 'gitlab', 'junit', 'markdown'] as const;
export type ReportFormat = (typeof reportFormats)[number];

export async function print(report: Report, format: ReportFormat, io: Io): Promise<string> {
  switch (format) {
    case 'json':
      return (await import('./json.ts')).jsonReport(report);
    case 'sarif':
      return (await import('./sarif.ts')).sarifReport(report, io.version);
    case 'github':
      return (await import('./github.ts')).githubReport(report);
    case 'gitlab':
      return (await import('./gitlab.ts')).gitlabReport(report);
    case 'junit':
      return (await import('./junit.ts')).junitReport(report);
    case 'markdown':
      return (await import('./markdown.ts')).markdownReport(report);
    case 'text':
      return (await import('./text.ts')).textReport(report, colourOn(io.stdout, io));
  }
}
