import { basename } from 'node:path';
import * as v from 'valibot';
import { isoDay } from '../../../base/clock.ts';
import { NodewardError } from '../../../base/errors.ts';
import { readBounded } from '../../../base/files.ts';
import { parseJson } from '../../../base/text.ts';
import { cveNumber } from '../../identifiers.ts';
import type { Feed, FeedSink } from '../../types.ts';
import { kevCatalogue, kevEntry } from './schema.ts';

const MAX_BYTES = 128 << 20;

/** CISA's catalogue of known exploited vulnerabilities: one JSON file. */
export const cisaKev: Feed = {
  id: 'cisa-kev',
  title: 'CISA known exploited vulnerabilities',
  upstream: [
    {
      url: 'https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json',
      file: 'known_exploited_vulnerabilities.json',
      maxBytes: MAX_BYTES,
    },
  ],
  parse,
};

async function parse(path: string, sink: FeedSink): Promise<void> {
  const json = parseJson(await readBounded(path, MAX_BYTES), path);
  const parsed = v.safeParse(kevCatalogue, json);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const detail = `${path} is not the KEV catalogue: ${v.getDotPath(issue) ?? 'document'}: ${issue.message.slice(0, 200)}`;
    throw new NodewardError('input-malformed', detail, { place: path });
  }
  const { dateReleased, count, vulnerabilities } = parsed.output;
  const day = isoDay(dateReleased);
  if (day === null)
    throw new NodewardError('input-malformed', `${path}: dateReleased is no date`, { place: path });
  const file = basename(path);
  sink.source(file, day);
  if (count !== null && count !== undefined) sink.announced(count);
  for (const [index, entry] of vulnerabilities.entries()) {
    const read = v.safeParse(kevEntry, entry);
    const added = read.success ? isoDay(read.output.dateAdded) : null;
    if (!read.success || added === null || cveNumber(read.output.cveID) === null)
      sink.bad(`${file}: vulnerabilities[${index}]`, 'an entry needs a CVE id and the day it was added');
    else sink.exploited(read.output.cveID, added);
  }
}
