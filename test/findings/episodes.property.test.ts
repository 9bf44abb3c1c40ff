import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { episodesOf, type Stay } from '../../src/findings/episodes.ts';

/** Times of a stay: it came at `from`, was known from `begin` on, and ended. */
const stay: fc.Arbitrary<Stay> = fc
  .tuple(
    fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 3, maxLength: 3 }),
    fc.boolean(),
    fc.constantFrom('known', 'known', 'never assessed'),
  )
  .map(([times, lasts, kind]) => {
    const [from = 0, begin = 0, end = 0] = times.sort((a, b) => a - b);
    return { from, begin: kind === 'known' ? begin : null, end: lasts ? Number.POSITIVE_INFINITY : end };
  });

/** The same, by joining every two stays that touch until nothing changes. */
function joined(stays: readonly Stay[]): readonly (readonly Stay[])[] {
  let groups = stays.map((each) => [each]);
  for (;;) {
    const touching = (a: readonly Stay[], b: readonly Stay[]) =>
      a.some((one) => b.some((other) => one.from <= other.end && other.from <= one.end));
    const pair = groups.flatMap((a) => groups.filter((b) => a !== b && touching(a, b)).map((b) => [a, b]))[0];
    if (pair === undefined) return groups;
    groups = [...groups.filter((each) => !pair.includes(each)), pair.flat()];
  }
}

it('episodes are the stays that touch each other', () => {
  fc.assert(
    fc.property(fc.array(stay, { maxLength: 8 }), (stays) => {
      const expected = joined(stays)
        .map((group) => ({
          begin: Math.min(...group.map(({ begin }) => begin ?? Number.POSITIVE_INFINITY)),
          known: Math.max(...group.flatMap(({ begin, end }) => (begin === null ? [] : [end]))),
          end: Math.max(...group.map(({ end }) => end)),
        }))
        .filter(({ begin }) => begin !== Number.POSITIVE_INFINITY)
        .sort((a, b) => a.begin - b.begin);
      assert.deepEqual(episodesOf(stays), expected);
    }),
    { numRuns: 2000 },
  );
});

it('the order of the stays does not matter', () => {
  fc.assert(
    fc.property(fc.array(stay, { maxLength: 8 }), (stays) => {
      assert.deepEqual(episodesOf(stays.toReversed()), episodesOf(stays));
    }),
  );
});
