/** The fields Nodeward reads of CISA's catalogue of known exploited vulnerabilities. */

import * as v from 'valibot';

/** The catalogue; its entries are read one by one, so that a bad one does not cost the others. */
export const kevCatalogue = v.object({
  dateReleased: v.string(),
  count: v.nullish(v.number()),
  vulnerabilities: v.pipe(v.array(v.unknown()), v.minLength(1), v.maxLength(1_000_000)),
});

/** One entry. */
export const kevEntry = v.object({ cveID: v.string(), dateAdded: v.string() });
