import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import type { BlobAnswer } from '../../../../src/sandbox/compute/blobs/errors.ts';
import {
  answerBlob,
  type BlobRequest,
  type PageBlob,
} from '../../../../src/sandbox/compute/blobs/page-blob.ts';
import type { VirtualDisk } from '../../../../src/sandbox/compute/disks/virtual-disk.ts';
import { openSandbox, servedDisk } from '../core.ts';
import { plainDisk } from '../disks/support.ts';

const SIZE = 4096;
const NOW = Date.parse('2024-03-01T09:00:00.500Z');

/** 4096 bytes, of which 512 to 1023 are ones and 2048 to 2559 are twos. */
const disk: VirtualDisk = {
  size: SIZE,
  digest: 'any',
  extents: [
    { start: 512, end: 1024, bytes: Buffer.alloc(512, 1) },
    { start: 2048, end: 2560, bytes: Buffer.alloc(512, 2) },
  ],
};
const blob: PageBlob = { disk, etag: '"0x1"', modified: NOW };

function asked(headers: BlobRequest['headers'], more: Partial<BlobRequest> = {}): BlobAnswer {
  return answerBlob(blob, { method: 'GET', comp: null, now: NOW, headers, ...more });
}

async function bytesOf({ body }: BlobAnswer): Promise<Buffer> {
  if (body === null) return Buffer.alloc(0);
  if (Buffer.isBuffer(body)) return body;
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('ranges', () => {
  for (const [range, first, last] of [
    ['bytes=0-0', 0, 0],
    ['bytes=500-600', 500, 600],
    ['bytes=1000-2100', 1000, 2100],
    ['bytes=4000-', 4000, 4095],
    ['bytes=4000-9999', 4000, 4095],
  ] as const)
    it(`${range} is answered`, async () => {
      const answer = asked({ range });
      assert.equal(answer.status, 206);
      assert.equal(answer.headers['content-range'], `bytes ${first}-${last}/${SIZE}`);
      assert.equal(answer.headers['content-length'], String(last - first + 1));
      const whole = Buffer.alloc(SIZE);
      whole.fill(1, 512, 1024);
      whole.fill(2, 2048, 2560);
      assert.ok((await bytesOf(answer)).equals(whole.subarray(first, last + 1)));
    });

  for (const [range, status, code] of [
    ['bytes=4096-', 416, 'InvalidRange'],
    ['bytes=4096-5000', 416, 'InvalidRange'],
    ['bytes=0-9,20-29', 400, 'InvalidHeaderValue'],
    ['bytes=-100', 400, 'InvalidHeaderValue'],
    ['bytes=20-10', 400, 'InvalidHeaderValue'],
    ['lines=1-2', 400, 'InvalidHeaderValue'],
  ] as const)
    it(`${range} is refused`, async () => {
      const answer = asked({ range });
      assert.deepEqual([answer.status, answer.headers['x-ms-error-code']], [status, code]);
      assert.match(
        (await bytesOf(answer)).toString(),
        new RegExp(`<Error><Code>${code}</Code><Message>[^<]+</Message></Error>$`),
      );
      if (status === 416) assert.equal(answer.headers['content-range'], `bytes */${SIZE}`);
    });

  it('none is the whole blob', async () => {
    const answer = asked({});
    assert.equal(answer.status, 200);
    assert.equal((await bytesOf(answer)).length, SIZE);
  });
});

describe('conditions', () => {
  for (const [headers, status] of [
    [{ 'if-match': '"0x1"' }, 200],
    [{ 'if-match': '"0x2", "0x1"' }, 200],
    [{ 'if-match': '*' }, 200],
    [{ 'if-match': '"0x2"' }, 412],
    [{ 'if-unmodified-since': 'Fri, 01 Mar 2024 09:00:00 GMT' }, 200],
    [{ 'if-unmodified-since': 'Fri, 01 Mar 2024 08:59:59 GMT' }, 412],
    [{ 'if-match': '"0x1"', 'if-unmodified-since': 'Fri, 01 Mar 2024 08:59:59 GMT' }, 200],
    [{ 'if-none-match': '"0x1"' }, 304],
    [{ 'if-none-match': '"0x2"' }, 200],
    [{ 'if-modified-since': 'Fri, 01 Mar 2024 09:00:00 GMT' }, 304],
  ] as const)
    it(`${JSON.stringify(headers)} gives ${status}`, () => assert.equal(asked(headers).status, status));
});

describe('the list of pages', () => {
  const listed = async (headers: BlobRequest['headers']): Promise<string> =>
    (await bytesOf(asked(headers, { comp: 'pagelist' }))).toString();

  it('names what was written, ends included', async () => {
    const ranges =
      '<PageRange><Start>512</Start><End>1023</End></PageRange><PageRange><Start>2048</Start><End>2559</End></PageRange>';
    assert.equal(await listed({}), `<?xml version="1.0" encoding="utf-8"?><PageList>${ranges}</PageList>`);
  });

  it('is cut to the range that is asked for', async () => {
    assert.match(
      await listed({ range: 'bytes=600-2047' }),
      /<PageList><PageRange><Start>512<\/Start><End>1023<\/End><\/PageRange><\/PageList>$/,
    );
  });
});

test('what is not for reading is refused', () => {
  for (const method of ['PUT', 'DELETE', 'POST', 'PATCH']) assert.equal(asked({}, { method }).status, 403);
  assert.equal(asked({}, { comp: 'metadata' }).status, 400);
});

test('a disk that cannot be made is a fault of the server, not an empty disk', async (context) => {
  const sandbox = await openSandbox(context);
  const url = servedDisk(sandbox, plainDisk('AKSFlatcar-flatcargen2-202607.02.0'));
  const answer = await fetch(url, { headers: { range: 'bytes=0-9' } });
  assert.equal(answer.status, 500);
  assert.match(await answer.text(), /<Code>InternalError<\/Code>/);
});

test('nothing is told to who has no SAS', async (context) => {
  const sandbox = await openSandbox(context);
  const url = new URL(servedDisk(sandbox, plainDisk('AKSUbuntu-2204gen2containerd-202402.26.0')));
  const without = new URL(url.pathname, url);
  const other = new URL(url.href.replace('/md-', '/md-0'));
  for (const each of [without, other]) {
    const answer = await fetch(each, { headers: { range: 'bytes=0-9' } });
    assert.deepEqual([answer.status, answer.headers.get('x-ms-error-code')], [403, 'AuthenticationFailed']);
    assert.match(await answer.text(), /^<\?xml/);
    assert.match(answer.headers.get('x-nodeward-sandbox') ?? '', /^2024-03-01T/);
  }
});
