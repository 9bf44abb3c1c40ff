/** The page blobs of the sandbox beside those of Azurite: one disk in both, and the requests that scanners make. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseListing } from '../../../../src/evidence/disk/sources/http/page-ranges.ts';
import { type Azurite, noAzurite, sasUrl, startAzurite, uploadPageBlob } from '../../../support/azurite.ts';
import { lacking, workFolder } from '../../../support/tools.ts';
import { openSandbox, servedDisk } from '../core.ts';
import { diskStore, lines, plainDisk, scanned, writeDisk } from '../disks/support.ts';

const CONTENT = { ...plainDisk('AKSAzureLinux-V2gen2-202311.22.0'), size: 1 };
const PLACE = { container: 'disks', name: 'disk.vhd' };
const SIZE = 2 ** 30 + 512;

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly bytes: Buffer;
}

function ask(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        const { statusCode: status = 0, headers: got } = answer;
        resolve({ status, headers: got, bytes: Buffer.concat(chunks) });
      });
    });
    sent.on('error', reject);
    sent.end();
  });
}

const skip = noAzurite() || lacking('mke2fs');

describe('a disk behind a SAS', { skip }, () => {
  const folder = workFolder();
  let azurite: Azurite;
  const cleanups: (() => Promise<void>)[] = [];
  let theirs: string;
  let ours: string;

  before(async () => {
    const path = join(folder, 'disk.vhd');
    await writeDisk(path, await diskStore(folder).open(CONTENT));
    mkdirSync(join(folder, 'azurite'));
    azurite = await startAzurite(join(folder, 'azurite'));
    await uploadPageBlob(azurite, PLACE, path);
    theirs = sasUrl(azurite, PLACE);
    const sandbox = await openSandbox({ after: (clean) => cleanups.push(clean) });
    ours = servedDisk(sandbox, CONTENT);
  });
  after(async () => {
    for (const clean of cleanups) await clean();
    await azurite?.stop();
  });

  /** Headers that clients go by, apart from those that name the version of the blob. */
  const SAME = [
    'content-length',
    'content-range',
    'content-type',
    'x-ms-blob-type',
    'accept-ranges',
  ] as const;

  async function compare(headers: Record<string, string>, method = 'GET'): Promise<void> {
    const [one, other] = [await ask(theirs, headers, method), await ask(ours, headers, method)];
    assert.equal(other.status, one.status);
    for (const name of SAME)
      if (one.headers[name] !== undefined) assert.equal(other.headers[name], one.headers[name], name);
    for (const name of ['etag', 'last-modified', 'x-ms-request-id', 'x-ms-version'])
      assert.equal(typeof other.headers[name], typeof one.headers[name], name);
    assert.match(String(other.headers.etag), /^"0x[0-9A-F]+"$/);
    assert.ok(other.bytes.equals(one.bytes), 'the same bytes');
  }

  for (const [first, last] of [
    [0, 32_767],
    [0, 0],
    [511, 512],
    [227_328 * 512, 227_328 * 512 + 40_000],
    [2 ** 20 * 500, 2 ** 20 * 503 - 1],
    [SIZE - 17_500, SIZE - 1],
    [SIZE - 512, SIZE + 1000],
  ])
    it(`bytes ${first} to ${last}`, () => compare({ range: `bytes=${first}-${last}` }));

  it('from a byte on', () => compare({ range: `bytes=${SIZE - 1000}-` }));
  it('the header of storage before that of HTTP', () =>
    compare({ range: 'bytes=0-9', 'x-ms-range': 'bytes=20-29' }));
  it('what the blob is', () => compare({}, 'HEAD'));

  it('tells which pages were written, and of no other', async () => {
    const headers = { 'x-ms-version': '2021-12-02' };
    const [one, other] = [
      await ask(`${theirs}&comp=pagelist`, headers),
      await ask(`${ours}&comp=pagelist`, headers),
    ];
    assert.equal(other.status, 200);
    assert.equal(other.headers['content-type'], one.headers['content-type']);
    assert.equal(other.headers['x-ms-blob-content-length'], one.headers['x-ms-blob-content-length']);
    const [listed, own] = [one, other].map(({ bytes }) => parseListing(bytes, 'list'));
    assert.ok((own?.ranges.length ?? 0) >= 4);
    // Tools round what they upload to pages of other sizes, so what counts is that neither leaves out a byte.
    const covers = (ranges: readonly { start: number; end: number }[], at: number): boolean =>
      ranges.some(({ start, end }) => start <= at && at < end);
    for (const { start, end } of own?.ranges ?? []) {
      const { bytes } = await ask(ours, { range: `bytes=${start}-${end - 1}` });
      for (let at = 0; at < bytes.length; at += 512)
        if (bytes.subarray(at, at + 512).some((byte) => byte !== 0))
          assert.ok(covers(listed?.ranges ?? [], start + at), `${start + at}`);
    }
    for (const { start, end } of listed?.ranges ?? []) {
      const { bytes } = await ask(theirs, { range: `bytes=${start}-${end - 1}` });
      for (let at = 0; at < bytes.length; at += 512)
        if (bytes.subarray(at, at + 512).some((byte) => byte !== 0))
          assert.ok(covers(own?.ranges ?? [], start + at), `${start + at}`);
    }
  });

  it('another version than the one that is known', async () => {
    for (const condition of [{ 'if-match': '"0x1"' }, { 'if-unmodified-since': new Date(0).toUTCString() }])
      for (const url of [theirs, ours]) {
        const { status, headers, bytes } = await ask(url, { range: 'bytes=0-9', ...condition });
        assert.deepEqual([status, headers['x-ms-error-code']], [412, 'ConditionNotMet']);
        assert.match(bytes.toString(), /<Code>ConditionNotMet<\/Code>/);
      }
  });

  it('refuses a wrong signature, and to be written to', async () => {
    for (const url of [theirs, ours]) {
      const wrong = await ask(url.replace(/sig=..../, 'sig=AAAA'), { range: 'bytes=0-9' });
      assert.equal(wrong.status, 403);
      assert.match(wrong.bytes.toString(), /<Error>\s*<Code>Auth\w+<\/Code>/);
      const write = await ask(
        `${url}&comp=page`,
        { 'x-ms-page-write': 'clear', 'x-ms-range': 'bytes=0-511', 'content-length': '0' },
        'PUT',
      );
      assert.deepEqual(
        [write.status, write.headers['x-ms-error-code']],
        [403, 'AuthorizationPermissionMismatch'],
      );
    }
  });

  it('a scan finds the same in both', async () => {
    const [one, other] = [await scanned(theirs), await scanned(ours)];
    assert.deepEqual(other.software, one.software);
    assert.deepEqual(other.gaps, one.gaps);
    assert.ok(lines(other.software.packages).length > 400);
  });
});
