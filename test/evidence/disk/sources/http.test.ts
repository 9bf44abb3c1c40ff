import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, describe, it } from 'node:test';
import { openHttpSource } from '../../../../src/evidence/disk/sources/http.ts';
import type { SourceOptions } from '../../../../src/evidence/disk/sources/options.ts';
import type { OpenSource } from '../../../../src/evidence/disk/sources/types.ts';
import {
  type Fault,
  type RangeServer,
  type RangeServerOptions,
  type SeenRequest,
  startRangeServer,
} from '../../../support/range-server.ts';

const CONTENT = randomBytes(3 * 2 ** 20 + 777);
const TIMING = { backoffMs: 2, maxPauseMs: 20, idleMs: 150, attempts: 3 };
const SECRET = 'sig=sEcReT';

const opened: { close(): Promise<void> }[] = [];
const servers: RangeServer[] = [];
after(async () => {
  for (const source of opened) await source.close();
  for (const server of servers) await server.stop();
});

async function serve(options: Partial<RangeServerOptions> = {}): Promise<RangeServer> {
  const server = await startRangeServer({ content: CONTENT, ...options });
  servers.push(server);
  return server;
}

async function open(server: RangeServer, options: SourceOptions = {}): Promise<OpenSource> {
  const source = await openHttpSource(`${server.url}?${SECRET}`, { timing: TIMING, ...options });
  opened.push(source);
  return source;
}

/** A server that goes wrong for one request: the first after the opening one, or every later one too. */
const faulty = (fault: Fault, times = 1) =>
  serve({ fault: ({ number }) => (number >= 1 && number <= times ? fault : null) });

async function sameBytes({ source }: OpenSource, offset: number, length: number): Promise<void> {
  const bytes = await source.read(offset, length);
  assert.equal(Buffer.compare(bytes, CONTENT.subarray(offset, offset + length)), 0, `${length} at ${offset}`);
}

/** No error may show the query, in its message or anywhere else in it. */
async function failsWith(promise: Promise<unknown>, code: string, message: RegExp): Promise<void> {
  await assert.rejects(promise, (thrown: Error & { code?: string }) => {
    assert.equal(thrown.code, code, String(thrown));
    assert.match(thrown.message, message);
    for (let error: unknown = thrown; error instanceof Error; error = error.cause)
      assert.doesNotMatch(JSON.stringify({ ...error, message: error.message, stack: error.stack }), /sEcReT/);
    return true;
  });
}

describe('HTTP source', () => {
  it('gives the bytes, with one request for opening and the first page', async () => {
    const server = await serve();
    const source = await open(server);
    assert.equal(source.source.size, CONTENT.length);
    assert.equal(source.source.name, server.url);
    await sameBytes(source, 0, 512);
    assert.equal(server.seen.length, 1);
    for (const [offset, length] of [
      [100_000, 10],
      [32_768 * 5 - 3, 7],
      [1000, 700_000],
      [0, CONTENT.length],
    ] as const)
      await sameBytes(source, offset, length);
    await sameBytes(source, CONTENT.length - 1, 1);
    assert.equal(source.counters().requests, server.seen.length);
  });

  it('opens a disk smaller than the first request', async () => {
    const content = CONTENT.subarray(0, 1000);
    const { source } = await open(await serve({ content }));
    assert.equal(source.size, 1000);
    assert.deepEqual(Buffer.from(await source.read(10, 990)), Buffer.from(content.subarray(10)));
  });

  it('pins the version of the disk', async () => {
    const server = await serve({
      headers: { etag: '"v7"', 'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT' },
    });
    await sameBytes(await open(server), 200_000, 10);
    assert.equal(server.seen[0]?.headers['if-match'], undefined);
    assert.equal(server.seen[1]?.headers['if-match'], '"v7"');
    const dated = await serve({
      headers: { etag: 'W/"v7"', 'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT' },
    });
    await sameBytes(await open(dated), 200_000, 10);
    assert.equal(dated.seen[1]?.headers['if-match'], undefined);
    assert.equal(dated.seen[1]?.headers['if-unmodified-since'], 'Mon, 01 Jan 2024 00:00:00 GMT');
  });

  const changes: [string, Fault][] = [
    ['the server says so', { kind: 'status', status: 412 }],
    ['an answer has another ETag', { kind: 'headers', headers: { etag: '"2"' } }],
    ['an answer has no ETag any more', { kind: 'headers', headers: { etag: undefined } }],
    [
      'an answer tells another size',
      { kind: 'headers', headers: { 'content-range': 'bytes 196608-229375/9999999' } },
    ],
    [
      'the bytes are not there any more',
      { kind: 'status', status: 416, headers: { 'content-range': 'bytes */9' } },
    ],
  ];
  for (const [name, fault] of changes)
    it(`ends the scan where ${name}: disk-changed`, async () => {
      const server = await faulty(fault);
      const { source } = await open(server);
      await failsWith(source.read(200_000, 10), 'disk-changed', /changed while it was read/);
      // The server is well again, but what it has is not what the scan began with.
      await failsWith(source.read(300_000, 10), 'disk-changed', /changed while it was read/);
      assert.equal(server.seen.length, 2);
    });

  const passing: [string, Fault][] = [
    ['503', { kind: 'status', status: 503 }],
    ['429 with a pause', { kind: 'status', status: 429, headers: { 'retry-after': '1' } }],
    ['408', { kind: 'status', status: 408 }],
    ['500', { kind: 'status', status: 500 }],
    ['a connection that breaks off', { kind: 'reset' }],
    ['an answer that is too short', { kind: 'short' }],
    ['an answer that is too long', { kind: 'long' }],
    ['another range', { kind: 'shifted' }],
    ['no answer', { kind: 'hang' }],
    ['half an answer', { kind: 'stall' }],
    ['an answer without a range', { kind: 'headers', headers: { 'content-range': undefined } }],
    ['an answer with an impossible range', { kind: 'headers', headers: { 'content-range': 'bytes 5-4/3' } }],
  ];
  for (const [name, fault] of passing)
    it(`tries again after ${name}, and gives up in the end`, async () => {
      const source = await open(await faulty(fault));
      await sameBytes(source, 200_000, 10);
      assert.equal(source.counters().requests, 3);
      const never = await faulty(fault, Number.POSITIVE_INFINITY);
      const lost = await open(never);
      await failsWith(lost.source.read(200_000, 10), 'network-failed', /3 attempts/);
      // A server that is lost is not asked again for everything else.
      await failsWith(lost.source.read(400_000, 10), 'network-failed', /3 attempts/);
      assert.equal(never.seen.length, 4);
    });

  it('waits as long as the server asks for, up to a bound', async () => {
    const server = await faulty({ kind: 'status', status: 503, headers: { 'retry-after': '3600' } });
    const source = await open(server, { timing: { ...TIMING, maxPauseMs: 120 } });
    const before = performance.now();
    await sameBytes(source, 200_000, 10);
    const waited = performance.now() - before;
    assert.ok(waited >= 115 && waited < 2000, `${waited} ms`);
  });

  const refusals: [string, Fault, RegExp][] = [
    ['the whole disk', { kind: 'whole' }, /whole disk instead of the part.*no range requests/],
    [
      '403',
      { kind: 'status', status: 403, headers: { 'x-ms-error-code': 'AuthenticationFailed' } },
      /403 \(AuthenticationFailed\)/,
    ],
    ['404', { kind: 'status', status: 404 }, /the server answered 404/],
    ['compressed bytes', { kind: 'headers', headers: { 'content-encoding': 'gzip' } }, /compressed/],
  ];
  for (const [name, fault, message] of refusals)
    it(`does not try again where the server answers with ${name}`, async () => {
      const later = await open(await faulty(fault));
      await failsWith(later.source.read(200_000, 10), 'network-failed', message);
      const server = await serve({ fault: () => fault });
      await failsWith(open(server), 'network-failed', message);
      assert.equal(server.seen.length, 1);
    });

  it('refuses a disk that is empty', async () => {
    const server = await serve({
      fault: () => ({ kind: 'status', status: 416, headers: { 'content-range': 'bytes */0' } }),
    });
    await failsWith(open(server), 'network-failed', /empty/);
  });

  it('names no secret where there is no server', async () => {
    const server = await startRangeServer({ content: CONTENT });
    await server.stop();
    await failsWith(open(server), 'network-failed', /ECONNREFUSED.*3 attempts/);
    await failsWith(
      openHttpSource(`https://nowhere.invalid/disk?${SECRET}`),
      'network-failed',
      /nowhere\.invalid/,
    );
    for (const url of [
      `http://disks.example/a?${SECRET}`,
      `https://user:sEcReT@disks.example/a`,
      `https://:x?${SECRET}`,
    ])
      await failsWith(openHttpSource(url), 'usage', /not https|user name|not a valid URL/);
  });

  it('follows redirects to safe places, and remembers them', async () => {
    const target = await serve();
    const location = `${target.url}?${SECRET}2`;
    const server = await serve({ fault: () => ({ kind: 'status', status: 302, headers: { location } }) });
    await sameBytes(await open(server), 200_000, 10);
    assert.equal(server.seen.length, 1);
    assert.equal(target.seen.length, 2);
    for (const bad of ['http://disks.example/', 'ftp://127.0.0.1/', 'https://a:b@disks.example/', '']) {
      const astray = await serve({
        fault: () => ({ kind: 'status', status: 307, headers: { location: bad } }),
      });
      await failsWith(open(astray), 'network-failed', /leads to|redirects/);
    }
  });

  it('asks the first server again where the link it redirected to has expired', async () => {
    const target = await serve({
      fault: ({ number }) => (number === 1 ? { kind: 'status', status: 403 } : null),
    });
    const location = `${target.url}?${SECRET}2`;
    const server = await serve({ fault: () => ({ kind: 'status', status: 302, headers: { location } }) });
    await sameBytes(await open(server), 200_000, 10);
    assert.equal(server.seen.length, 2);
  });

  it('keeps to its limits', async () => {
    const server = await serve();
    const few = await open(server, { limits: { maxRequests: 2 } });
    await sameBytes(few, 200_000, 10);
    await failsWith(few.source.read(900_000, 10), 'limit-reached', /2 reads/);
    // What is there is still given.
    await sameBytes(few, 200_000, 10);
    const small = await open(server, { limits: { maxBytes: 100_000 } });
    await failsWith(small.source.read(200_000, 90_000), 'limit-reached', /100000 bytes/);
    assert.deepEqual(small.counters(), { requests: 1, bytes: 32_768 });
  });

  it('ends every read when it is interrupted or closed', async () => {
    const server = await serve({ fault: ({ number }) => (number > 0 ? { kind: 'hang' } : null) });
    const controller = new AbortController();
    const source = await open(server, { signal: controller.signal, timing: {} });
    const reads = [200_000, 400_000, 600_000].map((offset) => source.source.read(offset, 10));
    source.source.prefetch(800_000, 10);
    setTimeout(() => controller.abort(), 30);
    for (const read of reads) await failsWith(read, 'interrupted', /interrupted/);
    await failsWith(
      openHttpSource(server.url, { signal: AbortSignal.abort() }),
      'interrupted',
      /interrupted/,
    );
    const closed = await open(await serve());
    await closed.close();
    await failsWith(closed.source.read(200_000, 10), 'file-unreadable', /closed/);
  });

  it('has independent reads travel at the same time', async () => {
    const server = await serve({ latencyMs: 50 });
    const source = await open(server);
    await Promise.all(
      Array.from({ length: 24 }, (_, index) => source.source.read(65_536 + index * 65_536, 512)),
    );
    assert.equal(server.seen.length, 25);
    assert.ok(server.mostParallel >= 20, `${server.mostParallel} at one time`);
  });
});

describe('the list of written pages of a page blob', () => {
  const SIZE = 2 ** 20;
  const content = Buffer.alloc(SIZE);
  content.fill(1, 0, 512);
  content.fill(2, 600_064, 700_416);
  const list = (ranges: readonly (readonly [number, number])[], marker = '') =>
    `\ufeff<?xml version="1.0" encoding="utf-8"?><PageList>${ranges
      .map(([start, end]) => `<PageRange><Start>${start}</Start><End>${end}</End></PageRange>`)
      .join('')}<NextMarker>${marker}</NextMarker></PageList>`;
  const WRITTEN = [
    [0, 511],
    [600_064, 700_415],
  ] as const;

  const blob = (answer: (request: SeenRequest) => Fault | null) =>
    serve({
      content,
      headers: { 'x-ms-blob-type': 'PageBlob' },
      fault: (request) => (request.url.includes('comp=pagelist') ? answer(request) : null),
    });

  async function settled(server: RangeServer): Promise<OpenSource> {
    const source = await open(server);
    await new Promise((resolve) => setTimeout(resolve, 60));
    return source;
  }

  async function same({ source }: OpenSource): Promise<void> {
    for (const [offset, length] of [
      [0, SIZE],
      [500_000, 150_000],
      [65_536, 10],
    ] as const)
      assert.equal(
        Buffer.compare(await source.read(offset, length), content.subarray(offset, offset + length)),
        0,
      );
  }

  it('saves the requests for holes', async () => {
    const server = await blob(() => ({ kind: 'text', text: list(WRITTEN) }));
    const source = await settled(server);
    assert.equal(server.seen[1]?.headers['if-match'], '"1"');
    assert.match(server.seen[1]?.url ?? '', /\?sig=sEcReT&comp=pagelist$/);
    await source.source.read(65_536, 300_000);
    assert.equal(server.seen.length, 2);
    await same(source);
    assert.ok(source.counters().bytes < 300_000, `${source.counters().bytes} bytes`);
  });

  it('is followed over several answers, and known up to where they end', async () => {
    const paged = await blob(({ url }) => ({
      kind: 'text',
      text: url.includes('marker=m1') ? list(WRITTEN.slice(1)) : list(WRITTEN.slice(0, 1), 'm1'),
    }));
    const source = await settled(paged);
    assert.equal(paged.seen.length, 3);
    await same(source);
    const endless = await blob(({ number }) => {
      const start = (number - 1) * 512;
      return { kind: 'text', text: list([[start, start + 511]], 'again') };
    });
    await same(await settled(endless));
    assert.equal(endless.seen.filter(({ url }) => url.includes('comp=pagelist')).length, 4);
  });

  const bad: [string, Fault][] = [
    ['is refused', { kind: 'status', status: 403 }],
    ['fails', { kind: 'status', status: 500 }],
    ['never comes', { kind: 'hang' }],
    ['is no XML', { kind: 'text', text: 'no <xml' }],
    ['is another document', { kind: 'text', text: '<Error/>' }],
    ['has a document type', { kind: 'text', text: '<!DOCTYPE a [<!ENTITY b "c">]><PageList/>' }],
    ['contradicts what was read', { kind: 'text', text: list([]) }],
    [
      'has ranges out of order',
      {
        kind: 'text',
        text: list([
          [0, 511],
          [650_240, 700_415],
          [600_064, 650_239],
        ]),
      },
    ],
    ['has ranges beyond the end', { kind: 'text', text: list([[0, SIZE * 2 - 1]]) }],
    [
      'has half a range',
      { kind: 'text', text: '<PageList><PageRange><Start>0</Start></PageRange></PageList>' },
    ],
    ['is too large', { kind: 'text', text: `<PageList>${' '.repeat(2 ** 20)}</PageList>` }],
  ];
  for (const [name, fault] of bad)
    it(`fails nothing where it ${name}`, async () => {
      const source = await settled(await blob(() => fault));
      await same(source);
      // Nothing of such a list is believed.
      assert.ok(source.counters().bytes >= SIZE, `${source.counters().bytes} bytes`);
    });
});
