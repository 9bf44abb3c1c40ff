import { err, ok, type Result } from './result.ts';

/** A package URL, decoded. */
export interface Purl {
  /** Lower case: `deb`, `rpm`, `golang`. */
  readonly type: string;
  /** Segments joined by `/`; empty where there is none. Lower case for the types that ask for it. */
  readonly namespace: string;
  readonly name: string;
  readonly version: string | null;
  readonly qualifiers: ReadonlyMap<string, string>;
  readonly subpath: string;
}

const MAX_LENGTH = 4096;
const TYPE = /^[a-z][a-z0-9.+-]*$/;
const QUALIFIER_KEY = /^[a-z][a-z0-9._-]*$/;
/** Control characters never belong in a name or version; they would forge lines in the output. */
const CONTROL = /\p{Cc}/u;

/** Types whose namespace, and types whose name, is compared without regard to case. */
const LOWER_NAMESPACE: ReadonlySet<string> = new Set(['deb', 'rpm', 'golang', 'github']);
const LOWER_NAME: ReadonlySet<string> = new Set(['deb', 'golang', 'github']);

/**
 * Parses a package URL by the rules of ECMA-427 (purl-spec): split off subpath, qualifiers, scheme, type, version,
 * name and namespace, then percent-decode each. The error says in a few words what is wrong.
 */
export function parsePurl(text: string): Result<Purl, string> {
  if (text.length > MAX_LENGTH) return err('is too long');
  const hash = text.indexOf('#');
  const beforeHash = hash === -1 ? text : text.slice(0, hash);
  const question = beforeHash.indexOf('?');
  const path = question === -1 ? beforeHash : beforeHash.slice(0, question);
  if (!/^pkg:/i.test(path)) return err('does not start with pkg:');
  try {
    const qualifiers = parseQualifiers(question === -1 ? '' : beforeHash.slice(question + 1));
    const subpath = segments(hash === -1 ? '' : text.slice(hash + 1)).join('/');
    return ok({ ...parsePath(path.slice('pkg:'.length)), qualifiers, subpath });
  } catch (thrown) {
    if (thrown instanceof PurlError) return err(thrown.message);
    throw thrown;
  }
}

class PurlError extends Error {}

function parsePath(path: string): Omit<Purl, 'qualifiers' | 'subpath'> {
  const trimmed = path.replace(/^\/+/, '').replace(/\/+$/, '');
  const slash = trimmed.indexOf('/');
  const type = trimmed.slice(0, Math.max(slash, 0)).toLowerCase();
  if (!TYPE.test(type)) throw new PurlError('has no valid type');
  const rest = trimmed.slice(slash + 1);
  // An "@" before the last "/" belongs to an unencoded namespace, as in pkg:npm/@scope/name.
  const nameStart = rest.lastIndexOf('/') + 1;
  const at = rest.lastIndexOf('@');
  const nameEnd = at >= nameStart ? at : rest.length;
  const namespace = segments(rest.slice(0, nameStart)).join('/');
  const name = decode(rest.slice(nameStart, nameEnd));
  if (name === '') throw new PurlError('has no name');
  const version = decode(rest.slice(nameEnd + 1));
  return {
    type,
    namespace: LOWER_NAMESPACE.has(type) ? namespace.toLowerCase() : namespace,
    name: LOWER_NAME.has(type) ? name.toLowerCase() : name,
    version: version === '' ? null : version,
  };
}

function segments(text: string): string[] {
  const decoded = text
    .split('/')
    .filter((segment) => segment !== '')
    .map(decode);
  if (decoded.some((segment) => segment.includes('/'))) throw new PurlError('hides a slash in a segment');
  return decoded;
}

function parseQualifiers(text: string): Map<string, string> {
  const qualifiers = new Map<string, string>();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const key = pair.slice(0, Math.max(equals, 0)).toLowerCase();
    if (!QUALIFIER_KEY.test(key)) throw new PurlError('has an invalid qualifier');
    if (qualifiers.has(key)) throw new PurlError(`repeats the qualifier ${key}`);
    const value = decode(pair.slice(equals + 1));
    if (value !== '') qualifiers.set(key, value);
  }
  return qualifiers;
}

function decode(text: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    throw new PurlError('has an invalid percent-encoding');
  }
  if (CONTROL.test(decoded)) throw new PurlError('has control characters');
  return decoded;
}
