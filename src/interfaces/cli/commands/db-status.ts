import { daysBetween, today } from '../../../base/clock.ts';
import { printable } from '../../../base/text.ts';
import type { RunContext } from '../command.ts';
import { renderListing } from '../output.ts';

/** `nodeward db status`. */
export async function run(context: RunContext): Promise<number> {
  const { args, workspace, clock } = context;
  const advisories = workspace.advisories();
  const feeds = advisories.status();
  const { coverage } = advisories;
  const day = today(clock);
  const origin = workspace.origin();
  const format = args.text('format');
  const listing = {
    columns: ['feed', 'covers', 'records', 'as of', 'age', 'complete'],
    rows: feeds.flatMap((feed) => [
      row([feed.feed, feed.title, feed.used], feed.asOf, { complete: feed.complete, today: day }),
      ...coverage
        .filter((entry) => entry.feed === feed.feed)
        .map((entry) =>
          row(['', entry.ecosystem, entry.records], entry.asOf, { complete: entry.complete, today: day }),
        ),
    ]),
  };
  const text = renderListing(format, listing, { origin, feeds, coverage });
  if (format !== null && format !== 'table') {
    context.out(text);
    return 0;
  }
  const where = origin === 'snapshot' ? 'the snapshot shipped with Nodeward' : workspace.advisoriesPath;
  context.out(
    `Advisories of ${where}, built ${
      feeds
        .map(({ builtAt }) => builtAt)
        .sort()
        .at(-1) ?? 'never'
    }\n`,
  );
  context.out(text);
  for (const { feed, badRecords, withdrawn, error, keptOld } of feeds) {
    if (badRecords.count > 0)
      context.out(`${feed}: ${badRecords.count} records could not be read and were left out`);
    if (withdrawn > 0) context.out(`${feed}: ${withdrawn} withdrawn records were left out`);
    if (error !== null)
      context.out(printable(`${feed}: failed${keptOld ? ', older data kept' : ''}: ${error}`));
  }
  return 0;
}

function row(
  [feed, covers, records]: readonly [string, string, number],
  asOf: string | null,
  { complete, today }: { readonly complete: boolean; readonly today: string },
): readonly string[] {
  const age = asOf === null ? 'unknown' : `${daysBetween(asOf, today)} days`;
  return [feed, covers, String(records), asOf ?? 'unknown', age, complete ? 'complete' : 'sample'];
}
