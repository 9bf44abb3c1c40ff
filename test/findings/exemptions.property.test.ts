import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { exemptionBook, type FindingFacts } from '../../src/findings/index.ts';
import type { Exemption, VexOrigin } from '../../src/model/exemption.ts';
import { exemption, facts, NOW, occurrence, statement } from './exemption-support.ts';

const orNull = <T>(...values: readonly T[]) => fc.constantFrom(null, ...values);
const SCOPES = ['/s1', '/s1/c1', '/s1/c1/p1', '/s1/c1/p2', '/s2'];

const subject = fc.record({
  cve: orNull('CVE-2024-0001', 'CVE-2024-0002'),
  package: orNull('a', 'b', 'src:a'),
  version: orNull('1', '2'),
  severity: orNull('high' as const, 'low' as const),
  scope: orNull(...SCOPES),
  family: orNull('F', 'G'),
});

const stamp = fc.integer({ min: 1, max: 4 }).map((day) => `2024-08-0${day}T00:00:00.000Z`);

const person = fc.record({
  subject,
  reason: fc.constantFrom('mitigated' as const, 'waived' as const, 'false-positive' as const),
  createdAt: stamp,
});
const vex = fc.record({
  subject,
  status: fc.constantFrom(
    'not_affected' as const,
    'affected' as const,
    'fixed' as const,
    'under_investigation' as const,
  ),
  timestamp: stamp,
});
const exemptions: fc.Arbitrary<readonly Exemption[]> = fc
  .array(fc.oneof(person, vex), { maxLength: 8 })
  .map((made) =>
    made.map((each, index) =>
      'status' in each ? statement(`x-${index}`, each, each.subject) : exemption(`x-${index}`, each),
    ),
  );

const question: fc.Arbitrary<FindingFacts> = fc
  .record({
    pool: fc.constantFrom('/s1/c1/p1', '/s1/c1/p2', '/s1/c1/p3'),
    family: orNull('F', 'G'),
    imageVersions: fc.subarray(['1', '2']),
    cve: fc.constantFrom('CVE-2024-0001', 'CVE-2024-0002', 'CVE-2024-0003'),
    severity: fc.constantFrom('high' as const, 'low' as const),
    occurrences: fc.array(
      fc
        .record({ name: fc.constantFrom('a', 'b', 'c'), installed: fc.constantFrom('1', '2') })
        .map(({ name, installed }) => occurrence(name, { installed, source: 'a' })),
      { minLength: 1, maxLength: 3 },
    ),
  })
  .map((each) => facts({ ...each, cluster: '/s1/c1', subscription: '/s1' }));

/** Whether one exemption alone is about an occurrence, said as plainly as can be. */
function isAbout({ subject: said }: Exemption, asked: FindingFacts, index: number): boolean {
  const { package: name, source, installed } = asked.occurrences[index] ?? occurrence('');
  const versions = said.package === null ? asked.imageVersions : [installed];
  return (
    (said.cve === null || said.cve === asked.cve) &&
    (said.severity === null || said.severity === asked.severity) &&
    (said.family === null || said.family === asked.family) &&
    (said.scope === null || [asked.pool, asked.cluster, asked.subscription].includes(said.scope)) &&
    (said.package === null || said.package === name || said.package === `src:${source}`) &&
    (said.version === null || (versions.length > 0 && versions.every((each) => each === said.version)))
  );
}

/** Whether an occurrence is suppressed: by the word of the newest statement, and by people. */
function isSuppressed(those: readonly Exemption[], asked: FindingFacts, index: number): boolean {
  const about = those.filter((each) => isAbout(each, asked, index));
  const said = about.flatMap(({ vex }) => (vex === null ? [] : [vex]));
  const people = about.filter(({ vex }) => vex === null);
  // An investigation does not take back that it is affected.
  const decided = said.filter(({ status }) => status !== 'under_investigation');
  if (lastOf(decided).includes('affected')) return people.some(({ reason }) => reason !== 'false-positive');
  return people.length > 0 || (said.length > 0 && !lastOf(said).includes('under_investigation'));
}

/** What the newest statements say. */
function lastOf(said: readonly VexOrigin[]): readonly VexOrigin['status'][] {
  const newest = said
    .map(({ timestamp }) => timestamp)
    .sort()
    .at(-1);
  return said.filter(({ timestamp }) => timestamp === newest).map(({ status }) => status);
}

it('a finding is exempted exactly where each of its occurrences is suppressed', () => {
  fc.assert(
    fc.property(exemptions, question, (those, asked) => {
      const { exemption: found } = exemptionBook(those, NOW, []).of(asked);
      const expected = asked.occurrences.every((_, index) => isSuppressed(those, asked, index));
      assert.equal(found !== null, expected);
    }),
    { numRuns: 5000 },
  );
});

it('the answer does not depend on the order, and the one that is named covers something', () => {
  const shuffled = exemptions.chain((those) =>
    fc.tuple(fc.constant(those), fc.shuffledSubarray([...those], { minLength: those.length })),
  );
  fc.assert(
    fc.property(shuffled, question, ([those, other], asked) => {
      const found = exemptionBook(those, NOW, []).verdict(asked);
      const again = exemptionBook(other, NOW, []).verdict(asked);
      assert.deepEqual(again.by, found.by);
      for (const each of found.by) {
        assert.notEqual(each.reason, null);
        assert.ok(asked.occurrences.some((_, index) => isAbout(each, asked, index)));
      }
    }),
    { numRuns: 2000 },
  );
});

it('what no exemption concerns is open, and nothing is said of it', () => {
  fc.assert(
    fc.property(exemptions, question, (those, asked) => {
      const book = exemptionBook(those, NOW, []);
      if (!book.concerns(asked)) assert.deepEqual(book.of(asked), { exemption: null, notes: [] });
    }),
    { numRuns: 2000 },
  );
});

it('a newer statement that it is affected never exempts anything more', () => {
  fc.assert(
    fc.property(exemptions, question, subject, (those, asked, said) => {
      const affected = statement('x-y', { status: 'affected', timestamp: '2024-08-09T00:00:00.000Z' }, said);
      const before = exemptionBook(those, NOW, []).of(asked).exemption;
      const after = exemptionBook([...those, affected], NOW, []).of(asked).exemption;
      if (before === null) assert.equal(after, null);
    }),
    { numRuns: 2000 },
  );
});
