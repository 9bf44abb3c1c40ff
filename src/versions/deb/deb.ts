import { codeAt, isDigit, isLetter } from '../ascii.ts';
import { type Comparison, MAX_VERSION_LENGTH, ordered, unparsable } from '../outcome.ts';
import type { VersionScheme } from '../types.ts';

const PLUS = 0x2b;
const HYPHEN = 0x2d;
const ZERO = 0x30;
const COLON = 0x3a;
const TILDE = 0x7e;
const MAX_EPOCH = 0x7fff_ffff;

interface DebVersion {
  readonly epoch: number;
  readonly upstream: string;
  readonly revision: string;
}

/**
 * Debian package versions, `[epoch:]upstream[-revision]`, ordered as Debian Policy 5.6.12 and deb-version(7)
 * say and dpkg does.
 *
 * What dpkg rejects is unparsable here. What dpkg only warns about (a version that does not start with a digit,
 * a character outside the policy's set) is compared as dpkg compares it, because such packages get installed.
 * Two texts that dpkg takes are refused: one longer than 1024 characters, and one with a character outside
 * printable ASCII, whose place in dpkg's order depends on the signedness of the platform's `char`.
 */
export const deb: VersionScheme = { id: 'deb', compare };

function compare(a: string, b: string): Comparison {
  const left = parse(a);
  if (typeof left === 'string') return unparsable(a, left);
  const right = parse(b);
  if (typeof right === 'string') return unparsable(b, right);
  return ordered(
    left.epoch - right.epoch ||
      comparePart(left.upstream, right.upstream) ||
      comparePart(left.revision, right.revision),
  );
}

/** Splits a version as `parseversion` of libdpkg does; a text says why it cannot be. */
function parse(version: string): DebVersion | string {
  if (version.length > MAX_VERSION_LENGTH) return `is longer than ${MAX_VERSION_LENGTH} characters`;
  let start = 0;
  let end = version.length;
  while (isSpace(codeAt(version, start))) start++;
  while (end > start && isSpace(codeAt(version, end - 1))) end--;
  if (start === end) return 'is empty';

  let colon = -1;
  let hyphen = -1;
  for (let i = start; i < end; i++) {
    const code = version.charCodeAt(i);
    if (code <= 0x20 || code > TILDE) return 'contains a space or a character outside printable ASCII';
    if (code === HYPHEN) hyphen = i;
    else if (code === COLON && colon === -1) colon = i;
  }

  const epoch = colon === -1 ? 0 : parseEpoch(version.slice(start, colon));
  if (typeof epoch === 'string') return epoch;
  const upstreamStart = colon === -1 ? start : colon + 1;
  if (hyphen === end - 1) return 'has an empty revision';
  const upstreamEnd = hyphen < upstreamStart ? end : hyphen;
  if (upstreamStart === upstreamEnd) return 'has no upstream version';
  return {
    epoch,
    upstream: version.slice(upstreamStart, upstreamEnd),
    revision: version.slice(upstreamEnd + 1, end),
  };
}

/** An epoch as dpkg reads it with strtol(3), which takes a sign: `+1` is 1 and `-0` is 0. */
function parseEpoch(text: string): number | string {
  const sign = codeAt(text, 0);
  const first = sign === PLUS || sign === HYPHEN ? 1 : 0;
  if (first === text.length) return 'has an empty epoch';
  let epoch = 0;
  for (let i = first; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (!isDigit(code)) return 'has an epoch that is not a number';
    epoch = epoch * 10 + code - ZERO;
  }
  if (epoch > MAX_EPOCH) return 'has an epoch that is too big';
  return sign === HYPHEN && epoch > 0 ? 'has a negative epoch' : epoch;
}

/** Orders two upstream versions or two revisions: stretches of non-digits and of digits in turn. */
function comparePart(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a.charCodeAt(i))) || (j < b.length && !isDigit(b.charCodeAt(j)))) {
      const difference = weight(codeAt(a, i)) - weight(codeAt(b, j));
      if (difference !== 0) return difference;
      i++;
      j++;
    }
    while (codeAt(a, i) === ZERO) i++;
    while (codeAt(b, j) === ZERO) j++;
    // Of two numbers without leading zeros the longer is the larger; only between equally long ones does the
    // first differing digit decide. No number is ever built, so none can overflow.
    let firstDifference = 0;
    while (isDigit(codeAt(a, i)) && isDigit(codeAt(b, j))) {
      if (firstDifference === 0) firstDifference = a.charCodeAt(i) - b.charCodeAt(j);
      i++;
      j++;
    }
    if (isDigit(codeAt(a, i))) return 1;
    if (isDigit(codeAt(b, j))) return -1;
    if (firstDifference !== 0) return firstDifference;
  }
  return 0;
}

/** The rank of a character in a non-digit stretch: `~`, then the end (or a digit), letters, all others. */
function weight(code: number): number {
  if (code === 0 || isDigit(code)) return 0;
  if (code === TILDE) return -1;
  return isLetter(code) ? code : code + 256;
}

/** isspace(3) in the C locale. */
function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}
