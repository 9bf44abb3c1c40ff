import { codeAt, isDigit, isLetter } from '../ascii.ts';
import { type Comparison, MAX_VERSION_LENGTH, ordered, unparsable } from '../outcome.ts';
import type { VersionScheme } from '../types.ts';

const HYPHEN = 0x2d;
const ZERO = 0x30;
const COLON = 0x3a;
const CARET = 0x5e;
const TILDE = 0x7e;

interface RpmVersion {
  readonly epoch: string;
  readonly version: string;
  readonly release: string | null;
}

/**
 * RPM versions, `[epoch:]version[-release]`, ordered as `rpmvercmp` of rpm 4.15 and later does (rpm-version(7)):
 * with `~` for what comes before and `^` for what comes after. A missing epoch is 0.
 *
 * When only one side has a release, epoch and version alone decide, as in rpm's dependencies: `1.0` stands for
 * every release of 1.0, so "up to 1.0" includes 1.0-3. Such a pair can therefore be equal to both of two versions
 * that differ; within versions that all have a release, or all have none, the order is total.
 * (`rpm.vercmp` of rpm's Lua interpreter differs for these pairs only: it puts 1.0 before every 1.0-N.)
 *
 * Unparsable is what rpmbuild would not let into a package: an empty part, an epoch that is not a number, a hyphen
 * or a colon inside a part, or a character other than letters, digits and `._+~^%{}`.
 */
export const rpm: VersionScheme = { id: 'rpm', compare };

function compare(a: string, b: string): Comparison {
  const left = parse(a);
  if (typeof left === 'string') return unparsable(a, left);
  const right = parse(b);
  if (typeof right === 'string') return unparsable(b, right);
  const difference = compareSegments(left.epoch, right.epoch) || compareSegments(left.version, right.version);
  if (difference !== 0 || left.release === null || right.release === null) return ordered(difference);
  return ordered(compareSegments(left.release, right.release));
}

/** Splits a version as rpm's `parseEVR` does; a text says why it cannot be. */
function parse(text: string): RpmVersion | string {
  if (text.length > MAX_VERSION_LENGTH) return `is longer than ${MAX_VERSION_LENGTH} characters`;
  let start = 0;
  while (isDigit(codeAt(text, start))) start++;
  const hasEpoch = codeAt(text, start) === COLON;
  start = hasEpoch ? start + 1 : 0;

  let hyphen = -1;
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === HYPHEN) {
      if (hyphen !== -1) return 'has more than one hyphen';
      hyphen = i;
    } else if (!isAllowed(code)) {
      return 'contains a character that is not allowed in an RPM version';
    }
  }
  const end = hyphen === -1 ? text.length : hyphen;
  if (start === end) return 'has no version';
  if (hyphen === text.length - 1) return 'has an empty release';
  return {
    // rpm takes a colon without a number before it for epoch 0.
    epoch: start > 1 ? text.slice(0, start - 1) : '0',
    version: text.slice(start, end),
    release: hyphen === -1 ? null : text.slice(hyphen + 1),
  };
}

/** `rpmvercmp`: orders two epochs, versions or releases by their segments of digits and of letters. */
function compareSegments(a: string, b: string): number {
  if (a === b) return 0;
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    i = skipSeparators(a, i);
    j = skipSeparators(b, j);
    const left = codeAt(a, i);
    const right = codeAt(b, j);
    if (left === TILDE || right === TILDE) {
      if (left !== right) return left === TILDE ? -1 : 1;
      i++;
      j++;
    } else if (left === CARET || right === CARET) {
      if (left !== right) return compareCaret(left, right);
      i++;
      j++;
    } else {
      // Whatever has segments left is newer; digits are newer than letters.
      if (left === 0 || right === 0) return left - right;
      if (isDigit(left) !== isDigit(right)) return isDigit(left) ? 1 : -1;
      const leftEnd = segmentEnd(a, i);
      const rightEnd = segmentEnd(b, j);
      const difference = compareSegment(a.slice(i, leftEnd), b.slice(j, rightEnd));
      if (difference !== 0) return difference;
      i = leftEnd;
      j = rightEnd;
    }
  }
  return 0;
}

/** A caret on one side only: newer than the end of the other side, older than anything that goes on there. */
function compareCaret(left: number, right: number): number {
  if (left === CARET) return right === 0 ? 1 : -1;
  return left === 0 ? -1 : 1;
}

/** Orders two segments of one kind: digits as numbers of any size, letters by their codes. */
function compareSegment(a: string, b: string): number {
  let left = a;
  let right = b;
  if (isDigit(codeAt(a, 0))) {
    left = withoutLeadingZeros(a);
    right = withoutLeadingZeros(b);
    if (left.length !== right.length) return left.length - right.length;
  }
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function withoutLeadingZeros(digits: string): string {
  let start = 0;
  while (codeAt(digits, start) === ZERO) start++;
  return start === 0 ? digits : digits.slice(start);
}

/** The end of the run of digits or of letters that starts at `start`. */
function segmentEnd(text: string, start: number): number {
  const inSegment = isDigit(codeAt(text, start)) ? isDigit : isLetter;
  let end = start + 1;
  while (inSegment(codeAt(text, end))) end++;
  return end;
}

function skipSeparators(text: string, start: number): number {
  let i = start;
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (isDigit(code) || isLetter(code) || code === TILDE || code === CARET) break;
  }
  return i;
}

/** Whether rpmbuild allows the character in a version or a release; the hyphen separates the two. */
function isAllowed(code: number): boolean {
  if (isDigit(code) || isLetter(code)) return true;
  switch (code) {
    case 0x25: // %
    case 0x2b: // +
    case 0x2e: // .
    case CARET:
    case 0x5f: // _
    case 0x7b: // {
    case 0x7d: // }
    case TILDE:
      return true;
    default:
      return false;
  }
}
