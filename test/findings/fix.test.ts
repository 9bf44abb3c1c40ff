import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Candidate, Occurrence, PoolFindingLife } from '../../src/model/recommendation.ts';
import { has, history, lifeOf, listed, newest, offers, place } from './life-support.ts';

/** The life of a finding with these occurrences; lists `with` and `without` say what they are. */
function fixOf(
  candidates: readonly Candidate[],
  occurrences: readonly Occurrence[] = [place()],
): Pick<PoolFindingLife, 'fix' | 'fixImage' | 'notes'> {
  const findings = {
    a: [listed(0, null, { occurrences })],
    with: [listed(0, null, { occurrences })],
    without: [],
    gone: [listed(0, 2)],
    programs: [listed(0, null, { cve: 'CVE-OTHER', occurrences: [place({ kind: 'go-module' })] })],
  };
  const { fix, fixImage, notes } = lifeOf(history([has('a', 1)], findings, { candidates }), 5);
  return { fix, fixImage, notes };
}

const unknownOffer: Candidate = { ...offers('new', 1), list: null };
const kubelet = place({ package: 'kubelet', kind: 'component', source: 'k8s.io/kubernetes' });
const noFix = place({ vendor: 'no-fix', fixed: null });

describe('how far a fix is', () => {
  it('available: the image that the region offers is without it', () => {
    assert.deepEqual(fixOf([offers('without', 1), newest('with')]).fix, 'available');
    assert.deepEqual(fixOf([offers('gone', 1)]).fix, 'available', 'an advisory took it back for that image');
    assert.deepEqual(
      fixOf([offers('without', 1)], [noFix]).fix,
      'available',
      'the image is without the package',
    );
    assert.deepEqual(fixOf([offers('without', 1)], [kubelet]).fix, 'available');
  });

  it('not-in-region: only a newer image is without it', () => {
    assert.deepEqual(fixOf([offers('with', 1), newest('without')]), {
      fix: 'not-in-region',
      fixImage: 'without',
      notes: [],
    });
  });

  it('no-image: the newest image has it too, and the region offers nothing else', () => {
    assert.equal(fixOf([offers('with', 1), newest('with')]).fix, 'no-image');
    assert.equal(fixOf([newest('with')]).fix, 'no-image', 'the region cannot offer more than there is');
    assert.equal(fixOf([offers('a', 1), newest('a')]).fix, 'no-image', 'what the nodes have already');
  });

  it('unknown: what an image would bring is not known', () => {
    assert.deepEqual(fixOf([]).fix, 'unknown');
    assert.match(fixOf([]).notes.join(), /Which image the region offers is not known/);
    assert.deepEqual(fixOf([unknownOffer, newest('with')]).fix, 'unknown');
    assert.match(
      fixOf([unknownOffer, newest('with')]).notes.join(),
      /What the image new would bring is not known/,
    );
    assert.deepEqual(fixOf([offers('never assessed', 1), newest('with')]).fix, 'unknown');
    assert.deepEqual(fixOf([offers('with', 1)]).fix, 'unknown', 'no newer image is known');
    assert.deepEqual(fixOf([offers('with', 1), newest('new', null)]).fix, 'unknown');
  });

  it('unknown, with the image named: the newest is without it, what the region offers is not known', () => {
    const { fix, fixImage, notes } = fixOf([newest('without')]);
    assert.deepEqual([fix, fixImage], ['unknown', 'without']);
    assert.match(notes.join(), /without is without it; whether the region offers that image is not known/);
    assert.equal(fixOf([unknownOffer, newest('without')]).fix, 'unknown');
  });

  it('no-vendor-fix: no occurrence that matters has a fix', () => {
    for (const vendor of ['no-fix', 'will-not-fix'] as const)
      assert.deepEqual(fixOf([offers('with', 1), newest('with')], [place({ vendor })]).fix, 'no-vendor-fix');
    const pro = fixOf([offers('with', 1)], [place({ vendor: 'fix-in-pro' })]);
    assert.deepEqual([pro.fix, pro.notes], ['no-vendor-fix', ['The vendor has a fix in Ubuntu Pro only.']]);
    assert.equal(
      fixOf([offers('with', 1), newest('with')], [noFix, place()]).fix,
      'no-image',
      'one of two has',
    );
    const unused = place({ presence: 'not-running' });
    assert.equal(fixOf([offers('with', 1), newest('with')], [unused, noFix]).fix, 'no-vendor-fix');
    assert.equal(fixOf([offers('with', 1), newest('with')], [unused]).fix, 'no-image', 'it is all there is');
  });

  it('kubernetes: what is affected comes with the Kubernetes version', () => {
    assert.equal(fixOf([offers('with', 1), newest('with')], [kubelet]).fix, 'kubernetes');
    assert.equal(fixOf([], [kubelet]).fix, 'kubernetes', 'no image ever replaces it');
    assert.equal(fixOf([offers('with', 1), newest('with')], [kubelet, place()]).fix, 'no-image');
    const cached = { ...kubelet, presence: 'cached' as const };
    assert.equal(fixOf([offers('with', 1), newest('with')], [kubelet, cached]).fix, 'kubernetes');
    assert.equal(fixOf([offers('with', 1), newest('with')], [cached]).fix, 'no-image', 'images cache it');
    const unfixed = { ...kubelet, vendor: 'no-fix' as const };
    assert.equal(fixOf([offers('with', 1), newest('with')], [unfixed]).fix, 'no-vendor-fix');
  });

  it('is not told of Go programs by a list that does not look into programs', () => {
    const module = place({ kind: 'go-module', package: 'golang.org/x/net' });
    const { fix, notes } = fixOf([offers('without', 1), newest('without')], [module]);
    assert.equal(fix, 'unknown');
    assert.match(notes.join(), /what the programs of the image without are built from is not known/);
    assert.equal(fixOf([offers('programs', 1)], [module]).fix, 'available');
    assert.equal(fixOf([offers('without', 1)], [module, place()]).fix, 'unknown');
  });

  it('is not told of what is fixed', () => {
    const told = history([has('a', 1, 3)], { a: [listed(0)], new: [] }, { candidates: [offers('new', 1)] });
    const { fix, fixImage, fixAvailableSince, dueAt } = lifeOf(told, 5);
    assert.deepEqual([fix, fixImage, fixAvailableSince, dueAt], ['unknown', null, null, null]);
  });
});
