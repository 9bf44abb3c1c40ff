import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { poolLives } from '../../src/findings/index.ts';
import { exemption } from './exemption-support.ts';
import {
  CVE,
  day,
  has,
  history,
  judging,
  lifeOf,
  listed,
  newest,
  offers,
  POOL,
  place,
  summaryOf,
  vulnerability,
} from './life-support.ts';

describe('the life of a finding', () => {
  it('begins when the pool has the list and the list has the CVE', () => {
    const early = lifeOf(history([has('a', 5)], { a: [listed(2)] }), 10);
    assert.deepEqual([early.firstSeen, early.lastSeen, early.status], [day(5), day(10), 'open']);
    assert.deepEqual([early.fixedAt, early.fixedBy, early.reopenedAt], [null, null, null]);
    assert.deepEqual([early.nodes, early.exposureDays], [3, 5]);
    const late = lifeOf(history([has('a', 5)], { a: [listed(8)] }), 10);
    assert.equal(late.firstSeen, day(8));
  });

  it('is none where the list had the CVE before or after the pool had the list', () => {
    for (const finding of [listed(0, 5), listed(0, 4), listed(8), listed(9)]) {
      const lives = poolLives(history([has('a', 5, 8)], { a: [finding] }), judging(10))(POOL);
      assert.deepEqual(lives, []);
    }
  });

  it('ends by software where nodes have another list, by an advisory where they keep theirs', () => {
    const bySoftware = lifeOf(history([has('a', 1, 6), has('b', 6)], { a: [listed(0)], b: [] }), 10);
    assert.deepEqual(
      [bySoftware.status, bySoftware.fixedAt, bySoftware.fixedBy],
      ['fixed', day(6), 'software'],
    );
    assert.deepEqual([bySoftware.lastSeen, bySoftware.nodes, bySoftware.exposureDays], [day(6), 0, 5]);
    const byAdvisory = lifeOf(history([has('a', 1)], { a: [listed(0, 4)] }), 10);
    assert.deepEqual(
      [byAdvisory.status, byAdvisory.fixedAt, byAdvisory.fixedBy],
      ['fixed', day(4), 'advisory'],
    );
    const both = history([has('a', 1, 6), has('b', 2)], { a: [listed(0)], b: [listed(0, 5)] });
    assert.deepEqual(lifeOf(both, 10).fixedBy, 'software', 'the last nodes were upgraded');
  });

  it('is still one where a rollout replaces the list by another one that has the CVE too', () => {
    const told = history([has('a', 1, 6), has('b', 6)], { a: [listed(0)], b: [listed(0)] });
    const life = lifeOf(told, 10);
    assert.deepEqual(
      [life.status, life.firstSeen, life.reopenedAt, life.exposureDays],
      ['open', day(1), null, 9],
    );
  });

  it('is still one where the new list was assessed some time after it came', () => {
    const told = history(
      [has('a', 1, 6), has('b', 6)],
      { a: [listed(0)], b: [listed(7)] },
      { assessed: { b: 7 } },
    );
    const life = lifeOf(told, 10);
    assert.deepEqual([life.status, life.reopenedAt, life.exposureDays], ['open', null, 9]);
  });

  it('is reopened where a list that was without the CVE gets it by an advisory', () => {
    const told = history([has('a', 1, 6), has('b', 6)], { a: [listed(0)], b: [listed(8)] });
    const life = lifeOf(told, 10);
    assert.deepEqual([life.status, life.firstSeen, life.reopenedAt], ['reopened', day(1), day(8)]);
    assert.deepEqual([life.fixedAt, life.exposureDays], [null, 7]);
    const again = lifeOf(history([has('a', 1)], { a: [listed(0, 3), listed(5)] }), 10);
    assert.deepEqual([again.status, again.reopenedAt], ['reopened', day(5)]);
  });

  it('counts each node once and takes the worst of the lists', () => {
    const told = history(
      [
        { ...has('a', 1), nodes: 2 },
        { ...has('b', 2), nodes: 5 },
        { ...has('c', 2), nodes: 9 },
      ],
      {
        a: [listed(0, null, { severity: 'low', occurrences: [place({ package: 'a' })] })],
        b: [
          listed(0, null, {
            severity: 'high',
            occurrences: [place({ package: 'b' }), place({ package: 'c' })],
          }),
        ],
        c: [],
      },
    );
    const life = lifeOf(told, 10);
    assert.deepEqual(
      [life.nodes, life.severity, life.occurrence.package, life.occurrences],
      [7, 'high', 'b', 3],
    );
  });

  it('takes what is in use before what is worse and only on the disk', () => {
    const cached = listed(0, null, { severity: 'critical', occurrences: [place({ presence: 'cached' })] });
    const told = history([has('a', 1), has('b', 1)], {
      a: [cached],
      b: [listed(0, null, { severity: 'low' })],
    });
    assert.deepEqual([lifeOf(told, 2).severity, lifeOf(told, 2).occurrence.presence], ['low', 'installed']);
  });

  it('is told by the same occurrence, in whatever order the lists come', () => {
    const rows = {
      a: [listed(0, null, { occurrences: [place({ presence: 'running' })] })],
      b: [listed(0, null, { occurrences: [place({ presence: 'installed' })] })],
    };
    const told = [
      [has('a', 1), has('b', 2)],
      [has('b', 2), has('a', 1)],
    ].map((pools) => history(pools, rows));
    const [one, other] = told.map((each) => lifeOf(each, 5));
    assert.deepEqual(one, other);
    for (const each of told) assert.deepEqual(summaryOf(each, 5).risk, one?.risk);
  });

  it('is not touched by clocks that were wrong', () => {
    const future = lifeOf(history([has('a', 50)], { a: [listed(60)] }), 10);
    assert.deepEqual([future.status, future.firstSeen, future.exposureDays], ['open', day(10), 0]);
    const reversed = lifeOf(history([has('a', 5, 3)], { a: [listed(0)] }), 10);
    assert.deepEqual([reversed.status, reversed.firstSeen, reversed.fixedAt], ['fixed', day(5), day(5)]);
    assert.equal(reversed.exposureDays, 0);
    const later = lifeOf(history([has('a', 1, 40)], { a: [listed(0)] }), 10);
    assert.deepEqual([later.status, later.fixedAt, later.exposureDays], ['fixed', day(10), 9]);
  });
});

describe('what is not known', () => {
  it('keeps a finding open while nodes have a list that was never assessed', () => {
    const told = history([has('a', 1, 6), has('b', 6)], { a: [listed(0)] });
    const life = lifeOf(told, 10);
    assert.deepEqual([life.status, life.nodes, life.lastSeen, life.exposureDays], ['open', 0, day(6), 5]);
    assert.match(life.notes.join(), /not known, so it counts as open/);
    assert.deepEqual([summaryOf(told, 10).counts.open, summaryOf(told, 10).pending], [1, 3]);
  });

  it('makes no finding by itself', () => {
    assert.deepEqual(poolLives(history([has('b', 6)], {}), judging(10))(POOL), []);
  });

  it('is no reopening when it becomes known', () => {
    const told = history([has('a', 1, 6), has('b', 6, 8), has('c', 8)], { a: [listed(0)], c: [listed(0)] });
    assert.equal(lifeOf(told, 10).status, 'open');
  });

  it('keeps a finding open where the list stays in place of nodes without evidence', () => {
    const told = history([{ ...has('a', 1), nodes: 0 }], { a: [listed(0)] });
    assert.deepEqual([lifeOf(told, 10).status, lifeOf(told, 10).nodes], ['open', 0]);
    assert.match(lifeOf(told, 10).notes.join(), /No node is known to have it now/);
  });
});

describe('a pool that has no machines for a while', () => {
  const told = history(
    [has('a', 1, 4), has('a', 6), has('old', 1, 4)],
    { a: [listed(0)], old: [listed(0, null, { cve: 'CVE-2024-1' })], new: [] },
    { candidates: [offers('new', 2, 4), offers('new', 6)] },
  );
  const lives = poolLives(told, judging(10))(POOL);

  it('has after it what it had before: nothing was fixed, and its clock runs on', () => {
    const life = lives.find(({ cve }) => cve === CVE);
    assert.deepEqual([life?.status, life?.reopenedAt, life?.firstSeen], ['open', null, day(1)]);
    assert.deepEqual([life?.fixAvailableSince, life?.dueAt], [day(2), day(32)]);
    assert.equal(life?.exposureDays, 7, 'nodes had it for three and four days');
    const { counts, dueAt } = summaryOf(told, 10);
    assert.deepEqual([counts.open, counts.reopened, dueAt], [1, 0, day(32)]);
  });

  it('is without what it came back without', () => {
    const life = lives.find(({ cve }) => cve !== CVE);
    assert.deepEqual([life?.status, life?.lastSeen, life?.fixedBy], ['fixed', day(4), 'software']);
    assert.equal(life?.exposureDays, 3);
  });

  it('has nothing open meanwhile', () => {
    const [life] = poolLives(history([has('a', 1, 4)], { a: [listed(0)] }), judging(5))(POOL);
    assert.deepEqual([life?.status, life?.fixedAt], ['fixed', day(4)]);
  });
});

describe('exemptions', () => {
  it('suppress what they are about, and stop the clock that is told', () => {
    const told = history([has('a', 1)], { a: [listed(0)], new: [] }, { candidates: [offers('new', 2)] });
    const exempted = lifeOf(told, 60, { exemptions: [exemption('x-1', { subject: { cve: CVE } })] });
    assert.deepEqual([exempted.status, exempted.exemption], ['exempted', 'x-1']);
    assert.deepEqual([exempted.dueAt, exempted.overdue, exempted.fix], [null, false, 'available']);
    assert.equal(exempted.fixAvailableSince, day(2));
    const other = lifeOf(told, 60, { exemptions: [exemption('x-1', { subject: { cve: 'CVE-2024-1' } })] });
    assert.deepEqual([other.status, other.exemption, other.overdue], ['open', null, true]);
  });

  it('are not asked about what is fixed', () => {
    const told = history([has('a', 1, 4)], { a: [listed(0)] });
    const fixed = lifeOf(told, 10, { exemptions: [exemption('x-1', { subject: { cve: CVE } })] });
    assert.deepEqual([fixed.status, fixed.exemption], ['fixed', null]);
  });

  it('by package have to cover the lists of all nodes', () => {
    const b = listed(0, null, { occurrences: [place({ package: 'libssh' })] });
    const told = history([has('a', 1), has('b', 1)], { a: [listed(0)], b: [b] });
    const exemptions = [exemption('x-1', { subject: { package: 'openssh-server' } })];
    assert.equal(lifeOf(told, 10, { exemptions }).status, 'open');
    const more = [...exemptions, exemption('x-2', { subject: { package: 'libssh' } })];
    assert.equal(lifeOf(told, 10, { exemptions: more }).status, 'exempted');
    assert.deepEqual([summaryOf(told, 10, { exemptions: more }).counts.exempted], [1]);
  });
});

describe('due dates', () => {
  const told = (candidates: Parameters<typeof history>[2]) =>
    history([has('a', 1)], { a: [listed(0)], with: [listed(0)], new: [], newer: [] }, candidates);

  it('count from the instant at which the region offered an image without the CVE', () => {
    const life = lifeOf(told({ candidates: [offers('with', 1, 4), offers('new', 4)] }), 20);
    assert.deepEqual([life.fix, life.fixImage, life.fixAvailableSince], ['available', 'new', day(4)]);
    assert.deepEqual([life.dueAt, life.overdue], [day(34), false]);
    assert.equal(
      lifeOf(told({ candidates: [offers('new', 4)] }), 34).overdue,
      false,
      'the day itself is in time',
    );
    assert.equal(lifeOf(told({ candidates: [offers('new', 4)] }), 34.01).overdue, true);
  });

  it('count on when a newer image follows, and anew when the region took the image back', () => {
    const on = lifeOf(told({ candidates: [offers('new', 4, 8), offers('newer', 8)] }), 20);
    assert.deepEqual([on.fixAvailableSince, on.fixImage], [day(4), 'newer']);
    const back = [offers('new', 4, 8), offers('with', 8, 9), offers('newer', 9)];
    assert.equal(lifeOf(told({ candidates: back }), 20).fixAvailableSince, day(9));
    const gone = lifeOf(told({ candidates: back.slice(0, 2).map((each) => ({ ...each, until: null })) }), 20);
    assert.notEqual(gone.fix, 'available', 'of two the later one is what is offered');
    assert.deepEqual([gone.fixAvailableSince, gone.dueAt], [null, null]);
  });

  it('count from when the finding was there, and anew when it is reopened', () => {
    const candidates = [offers('new', 0)];
    assert.equal(
      lifeOf(history([has('a', 5)], { a: [listed(0)], new: [] }, { candidates }), 9).fixAvailableSince,
      day(5),
    );
    const reopened = history([has('a', 1)], { a: [listed(0, 3), listed(7)], new: [] }, { candidates });
    assert.equal(lifeOf(reopened, 9).fixAvailableSince, day(7));
  });

  it('are earlier for what is exploited, and none where the policy sets none', () => {
    const candidates = { candidates: [offers('new', 4)] };
    const due = (rest: Parameters<typeof lifeOf>[2]) => lifeOf(told(candidates), 5, rest).dueAt;
    assert.equal(due({ vulnerabilities: [vulnerability({ kev: day(0).slice(0, 10) })] }), day(11));
    const later = { vulnerabilities: [vulnerability({ kev: '2024-03-06' })] };
    assert.equal(
      lifeOf(told(candidates), 9, later).dueAt,
      '2024-03-13T00:00:00.000Z',
      'from when that was known',
    );
    const policy = {
      dueDays: { critical: 7, high: null, medium: 90, low: 180, negligible: null, unknown: 90 },
      kevDueDays: 3,
      retentionDays: 400,
    };
    assert.equal(due({ policy }), null);
    assert.equal(due({ policy, vulnerabilities: [vulnerability({ kev: '2024-01-01' })] }), day(7));
    const long = { ...policy, dueDays: { ...policy.dueDays, high: 2 }, kevDueDays: 30 };
    assert.equal(due({ policy: long, vulnerabilities: [vulnerability({ kev: '2024-01-01' })] }), day(6));
  });
});

it('lives come worst first, closed ones last', () => {
  const rows = [
    listed(0, null, { cve: 'CVE-3', severity: 'low' }),
    listed(0, null, { cve: 'CVE-2', severity: 'critical' }),
    listed(0, 3, { cve: 'CVE-1', severity: 'critical' }),
    listed(0, null, { cve: 'CVE-4', severity: 'critical' }),
  ];
  const exemptions = [exemption('x-1', { subject: { cve: 'CVE-4' } })];
  const lives = poolLives(history([has('a', 0)], { a: rows }), judging(5, { exemptions }))(POOL);
  assert.deepEqual(
    lives.map(({ cve, status }) => [cve, status]),
    [
      ['CVE-2', 'open'],
      ['CVE-3', 'open'],
      ['CVE-4', 'exempted'],
      ['CVE-1', 'fixed'],
    ],
  );
});

it('the newest image is named where the region does not offer it yet', () => {
  const told = history(
    [has('a', 1)],
    { a: [listed(0)], with: [listed(0)], new: [] },
    { candidates: [offers('with', 1), newest('new')] },
  );
  const life = lifeOf(told, 5);
  assert.deepEqual([life.fix, life.fixImage, life.dueAt], ['not-in-region', 'new', null]);
});
