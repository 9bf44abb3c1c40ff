import type { SyncRecord } from '../../../model/inventory.ts';
import { counted, Page } from '../table/text.ts';
import type { RenderContext } from '../types.ts';
import type { FleetContext } from './types.ts';
import { ago, instantWords } from './words.ts';

/** What stands below a list: how old it is, and what to do where nothing is assessed. */
export function footer(
  { lastSync, enabled }: { readonly lastSync: SyncRecord | null; readonly enabled: boolean },
  context: FleetContext,
): string {
  const page = new Page(context);
  if (lastSync === null) page.hanging('', 'There was no sync yet: run `nodeward sync`.');
  else writeAge(page, lastSync, context.now);
  if (!enabled) page.hanging('', NOTHING_ENABLED);
  return page.toString();
}

function writeAge(page: Page, { startedAt, endedAt, problems }: SyncRecord, now: Date): void {
  if (endedAt === null) {
    page.hanging(
      '',
      page.style(
        'yellow',
        `The sync of ${instantWords(startedAt)} did not end: run \`nodeward sync\` again.`,
      ),
    );
  } else {
    const trouble = problems === 0 ? '' : `, with ${counted(problems, 'problem')}`;
    page.hanging('', `As of ${instantWords(endedAt)}, ${ago(endedAt, now)}${trouble}.`);
  }
}

/** A sentence on what to do next. */
export function hint(text: string, context: RenderContext): string {
  const page = new Page(context);
  page.hanging('', text);
  return page.toString();
}

/** What to do where nothing is enabled. */
export const NOTHING_ENABLED =
  'Nothing is assessed until it is enabled: `nodeward enable all`, or the name of a subscription, a cluster or CLUSTER/POOL; then `nodeward sync`.';
