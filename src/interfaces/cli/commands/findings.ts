import { currency, findingList } from '../../../pipeline/findings/index.ts';
import { CVES } from '../../render/findings/cves.ts';
import { LIVES } from '../../render/findings/lives.ts';
import type { PageOf } from '../../render/findings/page.ts';
import type { RunContext } from '../command.ts';
import { findingQuery, isFiltered, limitOf } from '../filters.ts';
import { coverageWords, enablingHint, poolsAssessed, showPage } from '../findings.ts';
import { withFleet } from '../fleet.ts';

const NOTHING_KNOWN = 'Nothing is known: no pool is assessed.';

/** `nodeward findings`. */
export async function run(context: RunContext): Promise<number> {
  const { args } = context;
  const [scope = null] = args.positionals;
  const query = findingQuery(args, scope);
  const limit = limitOf(args);
  await withFleet(context, { create: false }, async (fleet) => {
    const found = await findingList(fleet, query, { offset: 0, limit });
    const assessed = await poolsAssessed(fleet, scope);
    const unfiltered =
      assessed.not === assessed.pools ? NOTHING_KNOWN : 'No known vulnerabilities were found.';
    const none = isFiltered(args) ? 'No finding is so.' : unfiltered;
    const rest: Pick<PageOf<never>, 'total' | 'currency' | 'notes'> = {
      total: found.total,
      currency: await currency(fleet),
      notes: [
        ...(found.total === 0 ? [none] : []),
        coverageWords(assessed, scope),
        ...(await enablingHint(fleet)),
      ],
    };
    if (found.kind === 'pool') showPage(context, { ...rest, items: found.items, form: LIVES });
    else showPage(context, { ...rest, items: found.items, form: CVES });
  });
  return 0;
}
