import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { NodewardError } from '../../../../src/base/errors.ts';
import { type CacheOptions, PageCache } from '../../../../src/evidence/disk/sources/cache.ts';
import type { RangeReader } from '../../../../src/evidence/disk/sources/fetcher.ts';
import { sliceSource } from '../../../../src/evidence/disk/sources/slice.ts';

const PAGE = 1024;
const CONTENT = randomBytes(100 * PAGE + 333);
const OPTIONS: CacheOptions = {
  pageBytes: PAGE,
  requestBytes: 8 * PAGE,
  directBytes: 4 * PAGE,
  parallel: 4,
  cacheBytes: 64 * PAGE,
};

interface Fixture {
  readonly cache: PageCache;
  /** The offset and length of every request, in order. */
  readonly requests: [number, number][];
  readonly most: () => number;
}

interface Behaviour {
  readonly options?: Partial<CacheOptions>;
  /** Waits before a request is answered. */
  readonly wait?: (offset: number) => Promise<unknown>;
  readonly isHole?: RangeReader['isHole'];
}

function make({ options = {}, wait = turn, isHole = () => false }: Behaviour = {}): Fixture {
  const requests: [number, number][] = [];
  let now = 0;
  let most = 0;
  const reader: RangeReader = {
    name: 'disk',
    size: CONTENT.length,
    isHole,
    async fill(offset, targets) {
      requests.push([offset, targets.reduce((total, { length }) => total + length, 0)]);
      most = Math.max(most, ++now);
      try {
        await wait(offset);
        let at = offset;
        for (const target of targets) {
          target.set(CONTENT.subarray(at, at + target.length));
          at += target.length;
        }
      } finally {
        now--;
      }
    },
  };
  return { cache: new PageCache(reader, { ...OPTIONS, ...options }), requests, most: () => most };
}

async function same(cache: PageCache, offset: number, length: number): Promise<void> {
  const bytes = await cache.read(offset, length);
  assert.equal(Buffer.compare(bytes, CONTENT.subarray(offset, offset + length)), 0, `${length} at ${offset}`);
}

describe('page cache', () => {
  it('fetches a page once, and gives parts of it without a copy', async () => {
    const { cache, requests } = make();
    const [one, two] = await Promise.all([cache.read(PAGE + 1, 10), cache.read(PAGE + 500, 10)]);
    const three = await cache.read(PAGE, PAGE);
    assert.deepEqual(requests, [[PAGE, PAGE]]);
    assert.equal(one.buffer, two.buffer);
    assert.equal(one.buffer, three.buffer);
    await same(cache, PAGE + 1, 10);
  });

  it('asks for neighbours together, in whatever order they are wanted', async () => {
    const { cache, requests } = make();
    await Promise.all([9, 5, 3, 4, 20].map((page) => same(cache, page * PAGE + 7, 100)));
    assert.deepEqual(
      requests.toSorted(([a], [b]) => a - b),
      [
        [3 * PAGE, 3 * PAGE],
        [9 * PAGE, PAGE],
        [20 * PAGE, PAGE],
      ],
    );
  });

  it('gives the last page, which is shorter', async () => {
    const { cache, requests } = make();
    await same(cache, CONTENT.length - 5, 5);
    await same(cache, 98 * PAGE, 2 * PAGE + 333);
    assert.deepEqual(requests[0], [100 * PAGE, 333]);
  });

  it('reads what is large past the cache, without what is there already', async () => {
    const { cache, requests } = make();
    await same(cache, 12 * PAGE, 10);
    await same(cache, 10 * PAGE + 100, 20 * PAGE);
    assert.deepEqual(requests.slice(1), [
      [10 * PAGE + 100, 2 * PAGE - 100],
      [13 * PAGE, 8 * PAGE],
      [21 * PAGE, 8 * PAGE],
      [29 * PAGE, PAGE + 100],
    ]);
    await same(cache, 11 * PAGE, 10);
    assert.equal(requests.length, 6);
  });

  it('waits for pages under way instead of reading them past the cache', async () => {
    const { cache, requests } = make();
    cache.prefetch(12 * PAGE, 2 * PAGE);
    await same(cache, 10 * PAGE, 8 * PAGE);
    assert.equal(
      requests.filter(([offset, length]) => offset <= 12 * PAGE && offset + length > 12 * PAGE).length,
      1,
    );
    assert.equal(
      requests.reduce((total, [, length]) => total + length, 0),
      8 * PAGE,
    );
  });

  it('fetches ahead without being waited for, together, and once', async () => {
    const { cache, requests } = make();
    cache.prefetch(5 * PAGE, PAGE);
    cache.prefetch(6 * PAGE, PAGE);
    await turn();
    await turn();
    await same(cache, 5 * PAGE, 2 * PAGE);
    assert.deepEqual(requests, [[5 * PAGE, 2 * PAGE]]);
    cache.prefetch(5 * PAGE, PAGE);
    cache.prefetch(0, 0);
    cache.prefetch(-1, 10);
    cache.prefetch(CONTENT.length, 1);
    cache.prefetch(Number.NaN, 1);
    await turn();
    assert.equal(requests.length, 1);
  });

  it('puts reads before what is fetched ahead, and leaves them room', async () => {
    const gate = Promise.withResolvers<void>();
    const { cache, requests, most } = make({ wait: () => gate.promise });
    for (let page = 0; page < 20; page += 2) cache.prefetch(page * PAGE, 1);
    await turn();
    assert.equal(requests.length, 3);
    const urgent = same(cache, 50 * PAGE, 10);
    const joined = same(cache, 18 * PAGE, 10);
    await turn();
    assert.deepEqual(requests[3], [50 * PAGE, PAGE]);
    gate.resolve();
    await Promise.all([urgent, joined]);
    assert.deepEqual(requests[4], [18 * PAGE, PAGE]);
    assert.ok(most() <= 4);
  });

  it('fetches only so much ahead', async () => {
    const gate = Promise.withResolvers<void>();
    const { cache, requests } = make({ wait: () => gate.promise, options: { parallel: 1 } });
    cache.prefetch(0, 90 * PAGE);
    gate.resolve();
    for (let count = 0; count < 20; count++) await turn();
    assert.deepEqual(requests, [
      [0, 8 * PAGE],
      [8 * PAGE, 8 * PAGE],
    ]);
  });

  it('forgets pages that were used longest ago', async () => {
    const { cache, requests } = make({ options: { cacheBytes: 8 * PAGE } });
    await same(cache, 0, 10);
    for (let page = 10; page < 40; page += 2) {
      await same(cache, page * PAGE, 10);
      await same(cache, 0, 10);
    }
    assert.equal(requests.filter(([offset]) => offset === 0).length, 1);
    await same(cache, 10 * PAGE, 10);
    assert.equal(requests.filter(([offset]) => offset === 10 * PAGE).length, 2);
  });

  it('gives zeros for holes without asking', async () => {
    const { cache, requests } = make({
      isHole: (offset, length) => offset >= 8 * PAGE && offset + length <= 32 * PAGE,
    });
    assert.deepEqual(Buffer.from(await cache.read(8 * PAGE + 3, 50)), Buffer.alloc(50));
    const bytes = await cache.read(7 * PAGE, 26 * PAGE);
    const expected = Buffer.from(CONTENT.subarray(7 * PAGE, 33 * PAGE)).fill(0, PAGE, 25 * PAGE);
    assert.equal(Buffer.compare(bytes, expected), 0);
    assert.deepEqual(requests, [
      [7 * PAGE, PAGE],
      [32 * PAGE, PAGE],
    ]);
  });

  it('tells all who wait of a failure, and asks again for the next', async () => {
    let broken = true;
    const failure = new NodewardError('network-failed', 'lost');
    const wait = async () => {
      await turn();
      if (broken) throw failure;
    };
    const { cache, requests } = make({ wait });
    cache.prefetch(30 * PAGE, PAGE);
    await turn();
    const reads = [
      cache.read(0, 10),
      cache.read(5, 10),
      cache.read(PAGE, 20 * PAGE),
      cache.read(0, 2 * PAGE),
    ];
    for (const result of await Promise.allSettled(reads))
      assert.equal(result.status === 'rejected' && result.reason, failure);
    broken = false;
    const before = requests.length;
    await same(cache, 0, 10);
    await same(cache, 30 * PAGE, 10);
    assert.equal(requests.length, before + 2);
  });

  it('refuses ranges that are not there: disk-damaged', async () => {
    const { cache, requests } = make();
    const size = CONTENT.length;
    const ranges = [
      [-1, 1],
      [0, -1],
      [size, 1],
      [size - 1, 2],
      [0.5, 1],
      [0, 1.5],
      [Number.NaN, 1],
      [0, Number.NaN],
      [Number.POSITIVE_INFINITY, 1],
      [0, Number.POSITIVE_INFINITY],
      [2 ** 53, 1],
      [1, 2 ** 53 - 1],
      [1, 1e300],
    ] as const;
    for (const [offset, length] of ranges)
      await assert.rejects(cache.read(offset, length), { code: 'disk-damaged', message: /disk has no/ });
    assert.equal((await cache.read(size, 0)).length, 0);
    assert.deepEqual(requests, []);
  });

  it('does not allocate what nobody can need', async () => {
    const reader: RangeReader = { name: 'huge', size: 2 ** 50, isHole: () => true, fill: async () => {} };
    const cache = new PageCache(reader, OPTIONS);
    await assert.rejects(cache.read(0, 2 ** 40), { code: 'limit-reached' });
    const before = performance.now();
    cache.prefetch(0, 2 ** 50);
    assert.ok(performance.now() - before < 100);
  });

  it('gives the bytes of the disk for every sequence of reads and prefetches', async () => {
    const range = fc.tuple(fc.nat(CONTENT.length - 1), fc.nat(30 * PAGE), fc.boolean());
    await fc.assert(
      fc.asyncProperty(
        fc.array(range, { maxLength: 30 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 5 }),
        async (ranges, kept, parallel) => {
          const { cache, most } = make({ options: { cacheBytes: kept * PAGE, parallel } });
          await Promise.all(
            ranges.map(async ([offset, wanted, ahead]) => {
              const length = Math.min(wanted, CONTENT.length - offset);
              if (ahead) cache.prefetch(offset, length);
              if (offset % 3 === 0) await turn();
              await same(cache, offset, length);
            }),
          );
          assert.ok(most() <= parallel);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('slice of a source', () => {
  it('gives its part of the bytes, and nothing beyond', async () => {
    const { cache, requests } = make();
    const slice = sliceSource(cache, { offset: 1000, size: 5000, name: 'partition 1' });
    assert.deepEqual([slice.name, slice.size], ['partition 1', 5000]);
    const bytes = await slice.read(10, 4990);
    assert.equal(Buffer.compare(bytes, CONTENT.subarray(1010, 6000)), 0);
    for (const [offset, length] of [
      [0, 5001],
      [5000, 1],
      [-1, 1],
    ] as const)
      await assert.rejects(slice.read(offset, length), {
        code: 'disk-damaged',
        message: /partition 1 has no/,
      });
    const before = requests.length;
    slice.prefetch(4000, 2000);
    slice.prefetch(-500, 10);
    await turn();
    assert.equal(requests.length, before);
  });

  it('refuses parts that lead beyond the end', () => {
    const { cache } = make();
    for (const [offset, size] of [
      [0, CONTENT.length + 1],
      [CONTENT.length, 1],
      [-1, 5],
      [2 ** 53, 1],
    ] as const)
      assert.throws(() => sliceSource(cache, { offset, size }), {
        code: 'disk-damaged',
        message: /beyond the end of disk/,
      });
  });
});
