import type { AuditVerdict } from '../../../model/findings-report.ts';
import type { AuditEvent } from '../../../model/governance.ts';
import { writeCsv } from '../csv.ts';
import { renderJson } from '../fleet/list.ts';
import type { FleetContext } from '../fleet/types.ts';
import { counted, Page } from '../table/text.ts';
import type { ReportFormat } from '../types.ts';
import type { PageForm } from './page.ts';

/** What was done, oldest first. */
export const AUDIT: PageForm<AuditEvent> = {
  name: 'events',
  nouns: ['event', 'events'],
  csvColumns: ['sequence', 'at', 'actor', 'action', 'subject', 'detail', 'previous', 'hash'],
  csv: ({ sequence, at, actor, action, subject, detail, previous, hash }) => [
    ...[sequence, at, actor, action, subject, JSON.stringify(detail), previous, hash],
  ],
  columns: () => [
    { title: 'NO', text: ({ sequence }) => String(sequence), right: true },
    { title: 'AT', text: ({ at }) => `${at.slice(0, 10)} ${at.slice(11, 19)}` },
    { title: 'ACTOR', text: ({ actor }) => actor },
    { title: 'ACTION', text: ({ action }) => action },
    { title: 'SUBJECT', text: ({ subject }) => shortOf(subject), yields: 2 },
    { title: 'DETAIL', text: detailWords, wraps: 24, yields: 1 },
  ],
};

/** Ids of clouds are long: `shop-weu/web` names a pool, the last part anything else. */
function shortOf(id: string): string {
  if (!id.startsWith('/')) return id;
  const [, cluster, pool] = /\/managedclusters\/([^/]+)(?:\/agentpools\/([^/]+))?$/.exec(id) ?? [];
  if (cluster === undefined) return id.split('/').at(-1) ?? id;
  return pool === undefined ? cluster : `${cluster}/${pool}`;
}

/** What is known of an event, without what is not: `reason waived, expiresAt 2024-12-31T00:00:00.000Z`. */
export function detailWords({ detail }: Pick<AuditEvent, 'detail'>): string {
  return Object.entries(detail)
    .filter(([, value]) => value !== null && value !== '')
    .map(([name, value]) => `${name} ${typeof value === 'string' ? shortOf(value) : value}`)
    .join(', ');
}

/** Whether the record is as it was written. */
export function renderVerdict(format: ReportFormat, verdict: AuditVerdict, context: FleetContext): string {
  const { events, head, broken } = verdict;
  if (format === 'json') return renderJson(verdict, context);
  if (format === 'csv')
    return writeCsv([
      ['events', 'head', 'broken_at', 'why'],
      [events, head, broken?.sequence ?? null, broken?.why ?? null],
    ]);
  const page = new Page(context);
  const state = broken === null ? page.style('green', 'as it was written') : page.style('alarm', 'broken');
  page.field('Audit log', `${state}, ${counted(events, 'event')}`);
  if (broken !== null) page.field('Where', `event ${broken.sequence}: ${broken.why}`);
  page.field('Head', head ?? 'none: nothing was recorded yet');
  if (broken === null && head !== null)
    page.hanging(
      '',
      'Keep the head elsewhere: a later check with --head also tells whether the end was cut off.',
    );
  return page.toString();
}
