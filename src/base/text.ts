import { NodewardError } from './errors.ts';

const strict = new TextDecoder('utf-8', { fatal: true });

/**
 * Bytes as text. A byte order mark is dropped.
 * @throws NodewardError input-malformed where the bytes are not UTF-8
 */
export function decodeUtf8(bytes: Uint8Array, place: string): string {
  try {
    return strict.decode(bytes);
  } catch (thrown) {
    throw new NodewardError('input-malformed', `${place} is not valid UTF-8`, { cause: thrown, place });
  }
}

/**
 * Bytes as JSON.
 * @throws NodewardError input-malformed with the place the parser stopped at
 */
export function parseJson(bytes: Uint8Array, place: string): unknown {
  const text = decodeUtf8(bytes, place);
  try {
    return JSON.parse(text);
  } catch (thrown) {
    const detail = (thrown as Error).message.replace(/, ".*" is not valid JSON$/s, '').slice(0, 200);
    throw new NodewardError('input-malformed', `${place} is not valid JSON: ${detail}`, {
      cause: thrown,
      place,
    });
  }
}

/** Orders by code unit, the same on every machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Control characters, and those that turn the direction of text: from a hostile file they would forge output. Halves of
 * characters too, which no file and no database keeps as they are.
 */
const UNSAFE = /[\p{Cc}\p{Cs}\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** Text from outside as a part of one line for a terminal. */
export function printable(text: string): string {
  return text.replace(UNSAFE, '\ufffd');
}
