/** How rows of the advisory database hold what they hold. Encoding and decoding are exact inverses. */

import type { VersionRange } from '../../model/advisory.ts';
import type { AffectedBody } from '../types.ts';
import { STATUS_CODES } from './layout.ts';

/** What a statement row says, without the package it belongs to. */
export type StatementBody = Omit<AffectedBody, 'ecosystem' | 'name'>;

type PackedRange = readonly (string | null)[];

/**
 * A body as JSON without what is empty: `[status, [[introduced, fixed, lastAffected], …], versions, note, imports]`.
 * Equal bodies have equal texts.
 */
export function encodeBody(body: StatementBody): string {
  const ranges = body.ranges.map(({ introduced, fixed, lastAffected }) =>
    lastAffected !== null
      ? [introduced, fixed, lastAffected]
      : fixed !== null
        ? [introduced, fixed]
        : introduced !== null
          ? [introduced]
          : [],
  );
  const packed: unknown[] = [
    STATUS_CODES.indexOf(body.status),
    ranges,
    body.versions,
    body.note,
    body.imports,
  ];
  while (packed.length > 1 && isEmpty(packed.at(-1))) packed.pop();
  return JSON.stringify(packed);
}

function isEmpty(value: unknown): boolean {
  return value === null || (Array.isArray(value) && value.length === 0);
}

/** The body of a text made by `encodeBody`. */
export function decodeBody(text: string): StatementBody {
  const [status, ranges = [], versions = [], note = null, imports = []] = JSON.parse(text) as [
    number,
    (readonly PackedRange[])?,
    (readonly string[])?,
    (string | null)?,
    (readonly string[])?,
  ];
  return {
    status: STATUS_CODES[status] ?? 'affected',
    ranges: ranges.map(decodeRange),
    versions,
    note,
    imports,
  };
}

function decodeRange([introduced = null, fixed = null, lastAffected = null]: PackedRange): VersionRange {
  return { introduced, fixed, lastAffected };
}

/** Ascending whole numbers as the differences between them, seven bits to a byte: most take one byte. */
export function encodeNumbers(numbers: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  let last = 0;
  for (const number of numbers) {
    if (!Number.isSafeInteger(number) || number < last) throw new RangeError('numbers must ascend from 0');
    let rest = number - last;
    last = number;
    while (rest >= 0x80) {
      bytes.push((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    bytes.push(rest);
  }
  return Uint8Array.from(bytes);
}

/** The numbers of bytes made by `encodeNumbers`. */
export function decodeNumbers(bytes: Uint8Array): number[] {
  const numbers: number[] = [];
  let last = 0;
  let difference = 0;
  let place = 1;
  for (const byte of bytes) {
    difference += (byte & 0x7f) * place;
    if (byte >= 0x80) {
      place *= 0x80;
      continue;
    }
    last += difference;
    numbers.push(last);
    difference = 0;
    place = 1;
  }
  return numbers;
}
