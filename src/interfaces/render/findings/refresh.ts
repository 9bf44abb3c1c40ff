import type { RefreshReport } from '../../../model/findings-report.ts';
import { problemList } from '../fleet/problems.ts';
import { counted, Page, thousands } from '../table/text.ts';
import type { RenderContext } from '../types.ts';

/** What bringing the findings up to date came to, in one line, and every problem with its remedy; empty where nothing is assessed. */
export function refreshReport(report: RefreshReport, context: RenderContext): string {
  const { lists, assessed, appeared, gone, recommendations, problems } = report;
  if (lists === 0 && problems.length === 0) return '';
  const page = new Page(context);
  const { unhealthy, 'not-assessed': unknown, healthy } = recommendations;
  const states = `${thousands(unhealthy)} unhealthy, ${thousands(unknown)} not assessed, ${thousands(healthy)} healthy`;
  const changes =
    assessed === 0
      ? ''
      : ` (${thousands(assessed)} assessed now: ${counted(appeared, 'CVE')} appeared, ${thousands(gone)} went)`;
  page.field('Findings', `of ${counted(lists, 'software list')}${changes}; recommendations: ${states}`);
  problemList(page, problems, `Problems (${problems.length}): what could not be assessed`);
  return page.toString();
}
