import { ERRORS, NodewardError } from '../../../base/errors.ts';
import { printable } from '../../../base/text.ts';
import { FEED_IDS, type FeedId } from '../../../model/advisory.ts';
import { buildFromFiles, type FeedStatus } from '../../../pipeline/update.ts';
import type { RunContext } from '../command.ts';
import { refuseInSandbox } from '../place.ts';

const SHOWN = 5;

/** `nodeward db build`. */
export async function run(context: RunContext): Promise<number> {
  refuseInSandbox(context.sandbox, 'db build');
  const named = context.args.texts('source');
  if (named.length === 0) throw new NodewardError('usage', 'db build needs at least one --source FEED=PATH');
  const sources = named.map(sourceOf);
  const { progress, signal, workspace } = context;
  return report(context, await buildFromFiles(workspace, { sources, progress, signal }));
}

function sourceOf(text: string): { readonly feed: FeedId; readonly path: string } {
  const equals = text.indexOf('=');
  const name = equals < 0 ? text : text.slice(0, equals);
  const feed = FEED_IDS.find((each) => each === name);
  if (feed === undefined) throw new NodewardError('feed-unknown', `there is no feed ${JSON.stringify(name)}`);
  const path = text.slice(equals + 1);
  if (equals < 0 || path === '')
    throw new NodewardError('usage', `--source ${text} names no path: write ${feed}=PATH`);
  return { feed, path };
}

/** Says what each feed brought; a feed that failed makes the status that of a failed feed. */
export function report(context: RunContext, feeds: readonly FeedStatus[]): number {
  for (const feed of feeds) {
    const size = feed.complete ? 'complete' : 'a sample';
    context.out(
      `${feed.feed}: ${feed.used} of ${feed.records} records used, as of ${feed.asOf ?? 'unknown'}, ${size}`,
    );
    const { count, examples } = feed.badRecords;
    if (count > 0) context.out(`  ${count} records could not be read and were left out`);
    for (const bad of examples.slice(0, SHOWN)) context.out(printable(`    ${bad.place}: ${bad.detail}`));
    if (count > SHOWN) context.out('    … `nodeward db status --format json` lists more');
    if (feed.error !== null) {
      context.out(printable(`  failed: ${feed.error}`));
      context.out(
        feed.keptOld ? '  the data of the build before is kept' : '  there was no older data to keep',
      );
    }
  }
  return feeds.some(({ error }) => error !== null) ? ERRORS['feed-failed'].exit : 0;
}
