import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, it } from 'node:test';
import type { NodewardError } from '../../src/base/errors.ts';
import { type DownloadOptions, download } from '../../src/base/http.ts';

const folder = mkdtempSync(join(tmpdir(), 'nodeward-http-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const CONTENT = Buffer.from('0123456789'.repeat(20_000));
const TIMING = { idleMs: 300, attempts: 4, backoffMs: 5, maxPauseMs: 50 };

interface Served {
  readonly etag?: string;
  readonly content?: Buffer;
  /** Where the connection is cut. */
  readonly stop?: number;
}

type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;

describe('download', () => {
  let server: Server;
  let base: string;
  let handler: Handler;
  let requests: IncomingMessage[];
  let to: string;

  beforeEach(async () => {
    requests = [];
    server = createServer((request, response) => {
      requests.push(request);
      handler(request, response, requests.length);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    to = join(mkdtempSync(join(folder, 'to-')), 'deep', 'file.bin');
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  function fetchIt(more: Partial<DownloadOptions> = {}) {
    return download({ url: `${base}/file`, to, maxBytes: 1 << 20, timing: TIMING, ...more });
  }

  function fails(promise: Promise<unknown>, code: string, pattern: RegExp) {
    return assert.rejects(promise, (thrown: NodewardError) => {
      assert.equal(thrown.code, code, thrown.message);
      assert.match(thrown.message, pattern);
      return true;
    });
  }

  /** Answers as a file server does, with ranges and an etag. */
  function serve(
    response: ServerResponse,
    request: IncomingMessage,
    { etag = '"one"', content = CONTENT, stop = Number.POSITIVE_INFINITY }: Served = {},
  ) {
    const range =
      request.headers['if-range'] === etag ? /^bytes=(\d+)-$/.exec(request.headers.range ?? '') : null;
    const start = Number(range?.[1] ?? 0);
    const headers: Record<string, string | number> = { etag, 'content-length': content.length - start };
    if (range !== null) headers['content-range'] = `bytes ${start}-${content.length - 1}/${content.length}`;
    response.writeHead(range === null ? 200 : 206, headers);
    if (stop >= content.length) response.end(content.subarray(start));
    else response.write(content.subarray(start, stop), () => setTimeout(() => response.destroy(), 20));
  }

  it('fetches a file and what tells its version', async () => {
    handler = (request, response) => {
      response.setHeader('last-modified', 'Mon, 01 Jan 2024 00:00:00 GMT');
      serve(response, request);
    };
    const steps: number[] = [];
    const progress = { step: (_label: string, done: number) => void steps.push(done), end() {} };
    assert.deepEqual(await fetchIt({ progress }), {
      status: 'fetched',
      etag: '"one"',
      lastModified: 'Mon, 01 Jan 2024 00:00:00 GMT',
    });
    assert.deepEqual(readFileSync(to), CONTENT);
    assert.equal(steps.at(-1), CONTENT.length);
    assert.equal(requests[0]?.headers['accept-encoding'], 'identity');
    assert.ok(!existsSync(`${to}.part`) && !existsSync(`${to}.part.json`));
  });

  it('fetches again only what changed', async () => {
    handler = (request, response) => {
      if (request.headers['if-none-match'] === '"one"') response.writeHead(304).end();
      else serve(response, request);
    };
    const validators = { etag: '"one"', lastModified: null };
    assert.equal((await fetchIt({ validators })).status, 'fetched', 'there is no file yet');
    const again = await fetchIt({ validators });
    assert.deepEqual(again, { status: 'unchanged', ...validators });
    assert.equal((await fetchIt({ validators: { etag: '"old"', lastModified: null } })).status, 'fetched');
    assert.deepEqual(readFileSync(to), CONTENT);
  });

  it('does not take 304 for a file that is not there', async () => {
    handler = (_request, response) => response.writeHead(304).end();
    await fails(fetchIt({ validators: { etag: '"one"', lastModified: null } }), 'network-failed', /304/);
  });

  it('resumes after the connection was cut', async () => {
    handler = (request, response, count) => serve(response, request, count === 1 ? { stop: 50_000 } : {});
    await fetchIt();
    assert.deepEqual(readFileSync(to), CONTENT);
    assert.equal(requests[1]?.headers.range, 'bytes=50000-');
    assert.equal(requests[1]?.headers['if-range'], '"one"');
  });

  it('resumes what an earlier process left', async () => {
    handler = (request, response) => serve(response, request, { stop: 50_000 });
    await fails(fetchIt({ timing: { ...TIMING, attempts: 1 } }), 'network-failed', /could not be fetched/);
    assert.ok(!existsSync(to));
    handler = (request, response) => serve(response, request);
    await fetchIt();
    assert.equal(requests[1]?.headers.range, 'bytes=50000-');
    assert.deepEqual(readFileSync(to), CONTENT);
  });

  it('starts anew where the file changed in between', async () => {
    const other = Buffer.from('other'.repeat(10_000));
    handler = (request, response, count) =>
      serve(response, request, count === 1 ? { stop: 50_000 } : { etag: '"two"', content: other });
    assert.equal((await fetchIt()).etag, '"two"');
    assert.deepEqual(readFileSync(to), other);
  });

  it('starts anew where the server cannot continue, or continues elsewhere', async () => {
    for (const answer of [416, 206]) {
      const before = requests.length;
      handler = (request, response, count) => {
        if (count === before + 1) serve(response, request, { stop: 50_000 });
        else if (count > before + 2) serve(response, request);
        else if (answer === 416) response.writeHead(416).end();
        else response.writeHead(206, { 'content-range': 'bytes 7-9/10' }).end('abc');
      };
      await fetchIt();
      assert.deepEqual(readFileSync(to), CONTENT);
      assert.equal(requests.at(-1)?.headers.range, undefined);
      rmSync(to);
    }
  });

  it('does not resume what has no strong version', async () => {
    handler = (request, response, count) =>
      serve(response, request, { etag: 'W/"weak"', ...(count === 1 ? { stop: 50_000 } : {}) });
    await fetchIt();
    assert.equal(requests[1]?.headers.range, undefined);
    assert.deepEqual(readFileSync(to), CONTENT);
  });

  it('never takes a part of another URL, or a note that is damaged', async () => {
    handler = (request, response) => serve(response, request);
    for (const note of [JSON.stringify({ url: 'https://other', validator: '"one"' }), '{', '7', 'null']) {
      await fetchIt();
      rmSync(to);
      writeFileSync(`${to}.part`, 'rubbish');
      writeFileSync(`${to}.part.json`, note);
      await fetchIt();
      assert.deepEqual(readFileSync(to), CONTENT);
    }
  });

  it('tries again what may pass, and waits as long as it is told, within bounds', async () => {
    handler = (request, response, count) => {
      if (count < 4) response.writeHead([503, 429, 500][count - 1] ?? 500, { 'retry-after': '3600' }).end();
      else serve(response, request);
    };
    const start = Date.now();
    await fetchIt();
    assert.equal(requests.length, 4);
    assert.ok(Date.now() - start >= 120, 'three pauses of 50 ms at the most');
    assert.ok(Date.now() - start < 5000);
  });

  it('gives up after its attempts, and at once on what will not pass', async () => {
    handler = (_request, response) => response.writeHead(502).end();
    await fails(fetchIt(), 'network-failed', /4 attempts: the server answered 502/);
    assert.equal(requests.length, 4);
    handler = (_request, response) => response.writeHead(404).end();
    await fails(fetchIt(), 'network-failed', /answered 404/);
    assert.equal(requests.length, 5);
    server.close();
    server.closeAllConnections();
    await fails(fetchIt(), 'network-failed', /ECONNREFUSED/);
  });

  it('gives up on a silent server', async () => {
    handler = (_request, response) => void response.writeHead(200, { 'content-length': 100 }).write('x');
    await fails(
      fetchIt({ timing: { ...TIMING, idleMs: 50, attempts: 2 } }),
      'network-failed',
      /nothing was received/,
    );
    assert.equal(requests.length, 2);
  });

  it('refuses what is too large, whether the server says so or not', async () => {
    handler = (request, response) => serve(response, request);
    await fails(fetchIt({ maxBytes: 1000 }), 'input-too-large', /larger than the limit/);
    handler = (_request, response) => {
      response.writeHead(200);
      response.end(CONTENT);
    };
    await fails(fetchIt({ maxBytes: 1000 }), 'input-too-large', /larger than the limit/);
    assert.ok(!existsSync(to) && !existsSync(`${to}.part`));
    assert.equal(requests.length, 2, 'a size does not pass');
  });

  it('keeps the old file whenever it fails', async () => {
    handler = (request, response) => serve(response, request);
    await fetchIt();
    handler = (request, response) =>
      serve(response, request, { etag: '"two"', content: Buffer.from('new'), stop: 1 });
    await fails(fetchIt(), 'network-failed', /attempts/);
    assert.deepEqual(readFileSync(to), CONTENT);
  });

  it('takes a file without a stated length, but not one that is cut off', async () => {
    handler = (_request, response) => response.end(CONTENT);
    await fetchIt();
    assert.deepEqual(readFileSync(to), CONTENT);
    handler = (_request, response) => response.write('x', () => setTimeout(() => response.destroy(), 10));
    await fails(fetchIt(), 'network-failed', /attempts/);
    assert.deepEqual(readFileSync(to), CONTENT);
  });

  it('follows redirects, but only so many, and only to safe places', async () => {
    handler = (request, response) => {
      if (request.url === '/file') response.writeHead(302, { location: '/there' }).end();
      else serve(response, request);
    };
    await fetchIt();
    assert.deepEqual(readFileSync(to), CONTENT);
    handler = (_request, response) => response.writeHead(302, { location: '/file' }).end();
    await fails(fetchIt(), 'network-failed', /redirects more than/);
    for (const location of ['http://example.com/', 'file:///etc/passwd', 'ftp://127.0.0.1/']) {
      handler = (_request, response) => response.writeHead(302, { location }).end();
      await fails(fetchIt(), 'network-failed', /not https/);
    }
    handler = (_request, response) => response.writeHead(302).end();
    await fails(fetchIt(), 'network-failed', /nowhere/);
    await fails(fetchIt({ url: 'http://example.com/' }), 'network-failed', /not https/);
  });

  it('stops when it is told to', async () => {
    const interrupt = new AbortController();
    handler = (_request, response) => {
      response.writeHead(200, { etag: '"one"', 'content-length': CONTENT.length }).write('x');
      setTimeout(() => interrupt.abort(), 20);
    };
    await fails(fetchIt({ signal: interrupt.signal }), 'interrupted', /interrupted/);
    handler = (_request, response) => response.writeHead(503).end();
    const later = new AbortController();
    setTimeout(() => later.abort(), 50);
    const timing = { ...TIMING, backoffMs: 10_000, maxPauseMs: 10_000 };
    await fails(fetchIt({ signal: later.signal, timing }), 'interrupted', /interrupted/);
  });

  it('says where it cannot write', async () => {
    handler = (request, response) => serve(response, request);
    const blocked = join(folder, 'blocked');
    writeFileSync(blocked, '');
    await fails(fetchIt({ to: join(blocked, 'file') }), 'file-unwritable', /cannot be written/);
  });
});
