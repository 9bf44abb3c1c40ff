import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { isoDay } from '../../../base/clock.ts';
import { asNodewardError, NodewardError } from '../../../base/errors.ts';
import { readBounded } from '../../../base/files.ts';
import { decodeUtf8 } from '../../../base/text.ts';
import { cveNumber } from '../../identifiers.ts';
import type { Feed, FeedSink } from '../../types.ts';

const MAX_BYTES = 64 << 20;
const MAX_UNPACKED_BYTES = 256 << 20;

/** FIRST's exploit prediction scores: `csv` or `csv.gz`, a comment line, a header and one line per CVE. */
export const epss: Feed = {
  id: 'epss',
  title: 'Exploit Prediction Scoring System (EPSS)',
  upstream: [
    {
      url: 'https://epss.empiricalsecurity.com/epss_scores-current.csv.gz',
      file: 'epss_scores-current.csv.gz',
      maxBytes: MAX_BYTES,
    },
  ],
  parse,
};

async function parse(path: string, sink: FeedSink): Promise<void> {
  const file = basename(path);
  const lines = linesOf(decodeUtf8(unpack(await readBounded(path, MAX_BYTES), path), path));
  const comment = lines.next().value ?? '';
  const day = isoDay(/^#.*\bscore_date:([^,\s]{1,40})/.exec(comment)?.[1] ?? '');
  if (day === null)
    throw new NodewardError('input-malformed', `${path}:1: no score_date in the first line`, {
      place: `${path}:1`,
    });
  if (lines.next().value !== 'cve,epss,percentile') {
    throw new NodewardError('input-malformed', `${path}:2: the header is not cve,epss,percentile`, {
      place: `${path}:2`,
    });
  }
  sink.source(file, day);
  let number = 2;
  for (const line of lines) {
    number++;
    if (line === '') continue;
    const row = /^(CVE-\d{4}-\d+),([\d.eE-]{1,24}),([\d.eE-]{1,24})$/.exec(line);
    const cve = row?.[1] ?? '';
    const score = probability(row?.[2]);
    const percentile = probability(row?.[3]);
    if (score === null || percentile === null || cveNumber(cve) === null)
      sink.bad(`${file}:${number}`, 'a line needs a CVE id and two numbers between 0 and 1');
    else sink.scored(cve, score, percentile);
  }
}

function unpack(bytes: Buffer, path: string): Buffer {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_UNPACKED_BYTES });
  } catch (thrown) {
    const code = (thrown as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE';
    throw asNodewardError(thrown, code ? 'input-too-large' : 'input-malformed', path);
  }
}

/** Lines without their ends, one at a time: the file has 300,000. */
function* linesOf(text: string): Generator<string, undefined> {
  let start = 0;
  while (start < text.length) {
    const end = text.indexOf('\n', start);
    const line = text.slice(start, end === -1 ? text.length : end);
    yield line.endsWith('\r') ? line.slice(0, -1) : line;
    if (end === -1) return;
    start = end + 1;
  }
}

function probability(text: string | undefined): number | null {
  const value = text === undefined || text === '' ? Number.NaN : Number(text);
  return value >= 0 && value <= 1 ? value : null;
}
