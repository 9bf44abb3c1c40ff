import type { NodewardError } from '../../../../base/errors.ts';

/** Makes the error for what is wrong at a place that the caller knows. */
export type Fault = (why: string) => NodewardError;

/** A number of SQLite's variable length, and where it ends. Nine bytes at most; beyond 2^53 it is damage here. */
export function readVarint(bytes: Buffer, at: number, fault: Fault): { value: number; end: number } {
  let value = 0;
  for (let i = 0; i < 8; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) throw fault('a number is cut off');
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      if (value > Number.MAX_SAFE_INTEGER) throw fault('a number is too large');
      return { value, end: at + i + 1 };
    }
  }
  throw fault('a number is too large');
}

/** A value of a row: as SQLite has stored it. */
export type Value = null | number | string | Buffer;

/** The most columns of a row that are read. */
const MAX_COLUMNS = 64;

/** Reads a row (SQLite's file format, 2.1 "Record Format"). Floating-point numbers do not occur in rpm's tables. */
export function readRecord(bytes: Buffer, fault: Fault): readonly Value[] {
  const header = readVarint(bytes, 0, fault);
  if (header.value > bytes.length || header.value < header.end)
    throw fault('a row has a header beyond its end');
  const values: Value[] = [];
  let body = header.value;
  for (let at = header.end; at < header.value; ) {
    const type = readVarint(bytes, at, fault);
    at = type.end;
    const length = lengthOf(type.value);
    if (length === null || body + length > bytes.length || at > header.value || values.length >= MAX_COLUMNS)
      throw fault('a row has a column beyond its end');
    values.push(decode(type.value, bytes.subarray(body, body + length)));
    body += length;
  }
  if (body !== bytes.length) throw fault('a row is longer than its columns');
  return values;
}

/** Bytes of a column of this serial type; null for types that do not occur. */
function lengthOf(type: number): number | null {
  if (type >= 12) return Math.floor((type - 12) / 2);
  return [0, 1, 2, 3, 4, 6, null, null, 0, 0][type] ?? null;
}

function decode(type: number, bytes: Buffer): Value {
  if (type === 0) return null;
  if (type < 8) return bytes.readIntBE(0, bytes.length);
  if (type < 12) return type - 8;
  return type % 2 === 0 ? bytes : bytes.toString('utf8');
}
