import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { extentsWithin, readDisk, type VirtualDisk } from '../disks/virtual-disk.ts';
import { type BlobAnswer, blobError } from './errors.ts';

/** A disk as a page blob of a storage account. */
export interface PageBlob {
  readonly disk: VirtualDisk;
  /** With its quotes. */
  readonly etag: string;
  /** Epoch milliseconds. */
  readonly modified: number;
}

/** A request to read a blob. */
export interface BlobRequest {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** The query parameter `comp`; null without. */
  readonly comp: string | null;
  /** The sandbox's clock, epoch milliseconds. */
  readonly now: number;
}

/** The range of bytes that is asked for; the end is exclusive. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** Version of the storage service that the answers are of. */
const VERSION = '2021-12-02';
const SECTOR = 512;

/**
 * Get Blob, Get Blob Properties and Get Page Ranges of Azure's storage service, for a page blob that may only be read.
 */
export function answerBlob(blob: PageBlob, request: BlobRequest): BlobAnswer {
  const { method, headers, comp, now } = request;
  if (method !== 'GET' && method !== 'HEAD') return blobError('read-only', { now });
  if (comp !== null && comp !== 'pagelist') return blobError('unknown-parameter', { now });
  if (!conditionsHold(blob, headers)) return blobError('condition-not-met', { now });
  if (notModified(blob, headers)) return { status: 304, headers: commonHeaders(blob), body: null };
  const { size } = blob.disk;
  const range = rangeOf(headers, size);
  if (range === 'invalid') return blobError('invalid-header', { now });
  if (range === 'unsatisfiable')
    return blobError('invalid-range', { now, headers: { 'content-range': `bytes */${size}` } });
  if (comp === 'pagelist') return pageList(blob, range ?? { start: 0, end: size });
  return method === 'HEAD' ? properties(blob) : content(blob, range);
}

function properties(blob: PageBlob): BlobAnswer {
  const headers = {
    ...blobHeaders(blob),
    'content-length': String(blob.disk.size),
    'accept-ranges': 'bytes',
  };
  return { status: 200, headers, body: null };
}

function content(blob: PageBlob, range: Range | null): BlobAnswer {
  const { disk } = blob;
  const { start, end } = range ?? { start: 0, end: disk.size };
  const headers = { ...blobHeaders(blob), 'content-length': String(end - start), 'accept-ranges': 'bytes' };
  const body = readDisk(disk, start, end);
  if (range === null) return { status: 200, headers, body };
  const part = `bytes ${start}-${end - 1}/${disk.size}`;
  return { status: 206, headers: { ...headers, 'content-range': part }, body };
}

/** The ranges that are not zeros, in whole sectors; ends are inclusive. */
function pageList(blob: PageBlob, { start, end }: Range): BlobAnswer {
  const first = Math.floor(start / SECTOR) * SECTOR;
  const last = Math.ceil(end / SECTOR) * SECTOR;
  const ranges = extentsWithin(blob.disk, first, last).map(
    (extent) =>
      `<PageRange><Start>${Math.max(extent.start, first)}</Start><End>${Math.min(extent.end, last) - 1}</End></PageRange>`,
  );
  const xml = `<?xml version="1.0" encoding="utf-8"?><PageList>${ranges.join('')}</PageList>`;
  const headers = {
    ...commonHeaders(blob),
    'content-type': 'application/xml',
    'x-ms-blob-content-length': String(blob.disk.size),
  };
  return { status: 200, headers, body: Buffer.from(xml) };
}

function commonHeaders({ etag, modified }: PageBlob): Record<string, string> {
  return {
    etag,
    'last-modified': new Date(modified).toUTCString(),
    'x-ms-request-id': randomUUID(),
    'x-ms-version': VERSION,
  };
}

function blobHeaders(blob: PageBlob): Record<string, string> {
  return {
    ...commonHeaders(blob),
    'content-type': 'application/octet-stream',
    'x-ms-blob-type': 'PageBlob',
    'x-ms-blob-sequence-number': '0',
    'x-ms-lease-state': 'available',
    'x-ms-lease-status': 'unlocked',
    'x-ms-server-encrypted': 'true',
  };
}

/** RFC 9110, 13.2.2: the date counts only where no tag is given. */
function conditionsHold({ etag, modified }: PageBlob, headers: IncomingHttpHeaders): boolean {
  const wanted = headers['if-match'];
  if (wanted !== undefined) return wanted === '*' || tagsOf(wanted).includes(etag);
  const since = Date.parse(headers['if-unmodified-since'] ?? '');
  return Number.isNaN(since) || wholeSeconds(modified) <= since;
}

function notModified({ etag, modified }: PageBlob, headers: IncomingHttpHeaders): boolean {
  const known = headers['if-none-match'];
  if (known !== undefined) return known === '*' || tagsOf(known).includes(etag);
  const since = Date.parse(headers['if-modified-since'] ?? '');
  return !Number.isNaN(since) && wholeSeconds(modified) <= since;
}

function tagsOf(text: string): readonly string[] {
  return text.split(',').map((tag) => tag.trim());
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}

/**
 * The one range asked for; null where none is. Storage knows `bytes=a-b` and `bytes=a-` alone: it refuses several ranges
 * and those counted from the end.
 */
function rangeOf(headers: IncomingHttpHeaders, size: number): Range | null | 'invalid' | 'unsatisfiable' {
  const own = headers['x-ms-range'];
  const text = typeof own === 'string' ? own : headers.range;
  if (text === undefined) return null;
  const [, first, last] = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(text) ?? [];
  if (first === undefined) return 'invalid';
  const start = Number(first);
  const end = last === '' || last === undefined ? size : Math.min(Number(last) + 1, size);
  if (start >= size) return 'unsatisfiable';
  return end <= start ? 'invalid' : { start, end };
}
