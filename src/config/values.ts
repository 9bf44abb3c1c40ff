import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { NodewardError } from '../base/errors.ts';
import { printable } from '../base/text.ts';
import { PROVIDER_IDS } from '../model/fleet.ts';
import { DISK_MODES, type Setting, type TagPattern } from './settings.ts';

/** No genuine value is longer. */
const MAX_LENGTH = 4096;
const MAX_ITEMS = 1000;

/** A value as it was written, and where: in a file, a variable or an option. */
export interface Written {
  readonly setting: Setting;
  /** One text, or the items of a list. */
  readonly value: string | readonly string[];
  /** `config.yaml:3:5`, `$NODEWARD_SYNC_PARALLEL`, `--disks`. */
  readonly place: string;
  /** What relative paths start from. */
  readonly base: string;
}

/** The value of a setting. @throws NodewardError config-invalid that names the place, the setting and what it takes */
export function readValue(written: Written): unknown {
  const { setting, value } = written;
  for (const text of typeof value === 'string' ? [value] : value) {
    if (text.length > MAX_LENGTH) throw invalid(written, `is longer than ${MAX_LENGTH} characters`);
    if (printable(text) !== text) throw invalid(written, 'has control characters in it');
  }
  switch (setting.kind) {
    case 'list':
      return items(written);
    case 'tags':
      return items(written).map((item) => tagOf(item, written));
    case 'providers':
      return providersOf(written);
    default:
      return scalarOf(one(written), written);
  }
}

function scalarOf(text: string, written: Written): unknown {
  const { kind } = written.setting;
  switch (kind) {
    case 'url':
      return urlOf(text, written);
    case 'path':
      return resolve(written.base, text.startsWith('~/') ? `${homedir()}/${text.slice(2)}` : text);
    case 'disks':
      return choiceOf(text, DISK_MODES, written);
    case 'switch':
      return choiceOf(text, ['true', 'false'], written) === 'true';
    case 'number':
      return numberOf(text, written);
    case 'database':
      return addressOf(text, ['postgres:', 'postgresql:'], written);
    case 'address':
      return addressOf(text, ['https:', 'http:', 'smtp:', 'smtps:'], written);
    case 'listen':
      return listenOf(text, written);
    default:
      return text;
  }
}

function one(written: Written): string {
  const { value } = written;
  if (typeof value !== 'string') throw invalid(written, 'takes one value, not a list');
  const text = value.trim();
  if (text === '') throw invalid(written, 'is empty');
  return text;
}

function items(written: Written): readonly string[] {
  const { value } = written;
  if (typeof value === 'string') throw invalid(written, 'takes a list');
  if (value.length > MAX_ITEMS) throw invalid(written, `has more than ${MAX_ITEMS} items`);
  const texts = value.map((item) => item.trim());
  if (texts.includes('')) throw invalid(written, 'has an empty item');
  return [...new Set(texts)];
}

function providersOf(written: Written): unknown {
  const names = items(written).map((item) => choiceOf(item, PROVIDER_IDS, written));
  if (names.length === 0) throw invalid(written, `names none; it takes ${PROVIDER_IDS.join(', ')}`);
  return names;
}

function choiceOf(text: string, choices: readonly string[], written: Written): string {
  if (choices.includes(text)) return text;
  throw invalid(written, `takes ${choices.join(', ')}, not ${JSON.stringify(text)}`);
}

function numberOf(text: string, written: Written): number {
  const [least, most] = written.setting.range ?? [0, Number.MAX_SAFE_INTEGER];
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw invalid(written, `takes a whole number from ${least} to ${most}, not ${JSON.stringify(text)}`);
}

function tagOf(text: string, written: Written): TagPattern {
  const equals = text.indexOf('=');
  const [name, value] =
    equals < 0 ? [text, null] : [text.slice(0, equals).trim(), text.slice(equals + 1).trim()];
  if (name === '') throw invalid(written, `takes tags as name or name=value, not ${JSON.stringify(text)}`);
  return { name, value };
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

function urlOf(text: string, written: Written): string {
  const url = URL.parse(text);
  if (url === null) throw invalid(written, `takes a URL, not ${JSON.stringify(text)}`);
  // The text may hold a password here: it is not repeated.
  if (url.username !== '' || url.password !== '') throw invalid(written, 'must not hold credentials');
  if (url.search !== '' || url.hash !== '') throw invalid(written, 'takes a URL without a query');
  const plain = url.protocol === 'http:' && LOOPBACK.has(url.hostname);
  if (url.protocol !== 'https:' && !plain)
    throw invalid(written, `takes an https URL, not ${JSON.stringify(text)}`);
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

/** A URL that may hold credentials: its text is never repeated. */
function addressOf(text: string, protocols: readonly string[], written: Written): string {
  const url = URL.parse(text);
  if (url === null || !protocols.includes(url.protocol) || url.hostname === '')
    throw invalid(written, `takes a URL that begins with ${protocols.map((each) => `${each}//`).join(', ')}`);
  return text;
}

function listenOf(text: string, written: Written): string | null {
  if (text === 'none') return null;
  const match = /^(\[[0-9a-f:.]+\]|[\w.-]+):(\d{1,5})$/i.exec(text);
  if (match !== null && Number(match[2]) <= 65_535) return text;
  throw invalid(written, `takes host:port or none, not ${JSON.stringify(text)}`);
}

function invalid({ setting, place }: Written, problem: string): NodewardError {
  return new NodewardError('config-invalid', `${place}: ${setting.key} ${problem}`, { place });
}

/** A value as it may be shown: of a secret nothing, of a URL with credentials where it leads. */
export function shownValue(kind: Setting['kind'], value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (kind === 'secret') return '(set)';
  if (kind !== 'database' && kind !== 'address') return value;
  const url = URL.parse(value);
  if (url === null) return '(set)';
  // Paths of webhooks are their secret; that of a database is its name.
  return `${url.protocol}//${url.host}${kind === 'database' ? url.pathname : '/…'}`;
}
