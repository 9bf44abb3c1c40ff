import type { IncomingMessage } from 'node:http';
import { NodewardError } from '../../../../base/errors.ts';
import { readXmlText } from '../../../../base/xml.ts';
import { refusal } from './answer.ts';
import type { Beginning } from './body.ts';
import type { Body } from './connection.ts';
import { type Holes, holesBetween, NO_HOLES, type WrittenRange } from './holes.ts';
import type { Server } from './server.ts';

/** Some 10,000 ranges, which is what one answer lists. */
const MAX_ANSWER = 2 ** 20;
/** A disk in more pieces than these tell is known up to the last one told. */
const MAX_ANSWERS = 4;
const SECTOR = 512;

interface Listing {
  readonly ranges: readonly WrittenRange[];
  /** Where the next answer continues; empty after the last one. */
  readonly marker: string;
}

/**
 * The holes of an Azure page blob, from its list of written pages (Get Page Ranges).
 * @param condition headers that make the server refuse if the blob has changed
 * @throws NodewardError where the list cannot be had or contradicts what is known
 */
export async function fetchHoles(
  server: Server,
  { bytes, size }: Beginning,
  condition: Readonly<Record<string, string>>,
): Promise<Holes> {
  const written: WrittenRange[] = [];
  let marker = '';
  let end = 0;
  for (let answers = 0; answers < MAX_ANSWERS; answers++) {
    const listing = await server.ask({
      headers: { ...condition, 'x-ms-version': '2021-12-02' },
      parameters: { comp: 'pagelist', ...(marker === '' ? {} : { marker }) },
      length: MAX_ANSWER,
      optional: true,
      accept: (answer) => acceptListing(answer, server.name),
    });
    for (const range of listing.ranges) {
      if (range.start < end || range.start % SECTOR !== 0 || range.end % SECTOR !== 0 || range.end > size)
        throw wrong(server.name, `a range from ${range.start} to ${range.end}`);
      written.push(range);
      end = range.end;
    }
    marker = listing.marker;
    if (marker === '') break;
  }
  const holes = holesBetween(written, marker === '' ? size : end);
  return agrees(holes, bytes) ? holes : NO_HOLES;
}

/** Whether what is said to be holes in the beginning is zeros: a list that is wrong there is not believed elsewhere. */
function agrees(holes: Holes, beginning: Uint8Array): boolean {
  for (let at = 0; at + SECTOR <= beginning.length; at += SECTOR) {
    if (holes.covers(at, SECTOR) && beginning.subarray(at, at + SECTOR).some((byte) => byte !== 0))
      return false;
  }
  return true;
}

function acceptListing(answer: IncomingMessage, name: string): Body<Listing> {
  if (answer.statusCode !== 200) throw refusal(answer, name);
  const chunks: Buffer[] = [];
  let length = 0;
  return {
    take: (bytes) => {
      length += bytes.length;
      if (length > MAX_ANSWER) throw wrong(name, 'more than fits into its bound');
      chunks.push(bytes);
    },
    end: () => parseListing(Buffer.concat(chunks), name),
  };
}

/** `<PageList><PageRange><Start>0</Start><End>511</End></PageRange>…<NextMarker/></PageList>`; ends are inclusive. */
export function parseListing(xml: Uint8Array, name: string): Listing {
  const ranges: WrittenRange[] = [];
  let root: string | null = null;
  let marker = '';
  let start = Number.NaN;
  let last = Number.NaN;
  readXmlText(name, new TextDecoder().decode(xml), {
    open(element) {
      root ??= element;
    },
    close(element, text) {
      if (element === 'Start') start = wholeNumber(text);
      else if (element === 'End') last = wholeNumber(text);
      else if (element === 'NextMarker') marker = text;
      else if (element === 'PageRange') {
        if (!(start <= last)) throw wrong(name, 'a range without a start or an end');
        ranges.push({ start, end: last + 1 });
        start = Number.NaN;
        last = Number.NaN;
      }
    },
  });
  if (root !== 'PageList') throw wrong(name, `no PageList, but ${root}`);
  return { ranges, marker };
}

function wholeNumber(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
}

function wrong(name: string, what: string): NodewardError {
  return new NodewardError('input-malformed', `The list of written pages of ${name} holds ${what}`, {
    place: name,
  });
}
