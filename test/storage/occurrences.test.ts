import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { OccurrenceSet, packOccurrences } from '../../src/storage/findings/occurrences.ts';
import { occurrence } from './findings-support.ts';

describe('sets of occurrences', () => {
  it('are given back as they were, whatever their advisories are called', () => {
    const cve = fc.oneof(fc.constantFrom('', 'CVE-1', 'a', 'aa'), fc.string());
    const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }));
    const advisory = fc
      .tuple(text, fc.constantFrom('CVE-1', 'CVE-11', 'aaa', ''), text)
      .map((all) => all.join(''));
    fc.assert(
      fc.property(
        cve,
        fc.array(fc.record({ advisory, fixed: fc.option(text), package: text })),
        (id, parts) => {
          const occurrences = parts.map((each) => occurrence(id, each));
          assert.deepEqual(new OccurrenceSet(packOccurrences(occurrences, id)).of(id), occurrences);
        },
      ),
    );
  });

  it('are the same for CVEs that differ in nothing else', () => {
    const [one, two] = ['CVE-2024-1', 'CVE-2023-22'].map((cve) => packOccurrences([occurrence(cve)], cve));
    assert.equal(one, two);
    const set = new OccurrenceSet(one ?? '');
    assert.deepEqual(set.of('CVE-2023-22'), [occurrence('CVE-2023-22')]);
    assert.equal(set.of('CVE-2024-1'), set.of('CVE-2024-1'), 'each CVE has one array');
    const usn = [occurrence('CVE-2024-1', { advisory: 'USN-6859-1' })];
    assert.notEqual(packOccurrences(usn, 'CVE-2024-1'), one);
  });
});
