import type { LabelSelector } from '../objects.ts';
import { badRequest } from './status.ts';

/** Whether an object with these labels or fields is asked for. */
export type Selector = (values: Readonly<Record<string, string>>) => boolean;

/** A selector longer than this is not read. */
const MAX_SELECTOR = 32_768;
const TOKEN = /\s*(==|!=|[=!,()<>]|[^\s=!,()<>]+)/y;
const NAME = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const DNS = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';
const LABEL_KEY = new RegExp(`^(${DNS}/)?${NAME}$`);
const LABEL_VALUE = new RegExp(`^(${NAME})?$`);

/** Whether this may be the key of a label: at most 63 characters, after a DNS name of at most 253 and a slash. */
export function isLabelKey(key: string): boolean {
  const [name = '', prefix = ''] = key.split('/').reverse();
  return LABEL_KEY.test(key) && name.length <= 63 && prefix.length <= 253;
}

/** Whether this may be the value of a label. */
export function isLabelValue(value: string): boolean {
  return value.length <= 63 && LABEL_VALUE.test(value);
}

/**
 * The selector of a `labelSelector`: `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1`.
 * @throws StatusError 400
 */
export function parseLabelSelector(text: string): Selector {
  const tokens = tokensOf(text);
  if (tokens.length === 0) return () => true;
  const [first = ''] = tokens;
  if (first !== '!' && isPunctuation(first)) throw unexpected(first, "!, identifier, or 'end of string'");
  const requirements: Selector[] = [];
  for (let at = 0; at < tokens.length; ) {
    const requirement = parseRequirement(tokens, at);
    requirements.push(requirement.selector);
    at = requirement.next;
    if (at === tokens.length) break;
    if (tokens[at] !== ',') throw unexpected(tokens[at], "',' or 'end of string'");
    at++;
    if (at === tokens.length) throw unexpected('', "identifier after ','");
  }
  return (labels) => requirements.every((requirement) => requirement(labels));
}

/**
 * The selector of a `fieldSelector`: `metadata.name=x,spec.nodeName!=y`.
 * @param known the fields that the resource can be selected by
 * @throws StatusError 400
 */
export function parseFieldSelector(text: string, known: readonly string[]): Selector {
  if (text.length > MAX_SELECTOR) throw badRequest('invalid selector: it is too long');
  // A backslash takes the character behind it with it, also another backslash.
  const terms = text.match(/(?:\\.|[^\\,]|\\$)+/gs) ?? [];
  const requirements = terms.map((term): Selector => {
    const parts = /^([^=!]*)(!=|==|=)(.*)$/s.exec(term);
    if (parts === null) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
    const [, field = '', operator, escaped = ''] = parts;
    if (!known.includes(field)) throw badRequest(`field label not supported: ${field}`);
    const value = escaped.replace(/\\([\\,=])/g, '$1');
    return (fields) => (fields[field] === value) === (operator !== '!=');
  });
  return (fields) => requirements.every((requirement) => requirement(fields));
}

/** The selector of an object; an empty one selects everything, none at all nothing. */
export function selectorOf(selector: LabelSelector | undefined): Selector {
  if (selector === undefined) return () => false;
  const exact = Object.entries(selector.matchLabels ?? {});
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }): Selector => {
    if (operator === 'Exists') return (labels) => key in labels;
    if (operator === 'DoesNotExist') return (labels) => !(key in labels);
    const wanted = operator === 'In';
    return (labels) => values.includes(labels[key] ?? '\0') === wanted;
  });
  return (labels) =>
    exact.every(([key, value]) => labels[key] === value) && expressions.every((each) => each(labels));
}

function tokensOf(text: string): string[] {
  if (text.length > MAX_SELECTOR) throw badRequest('unable to parse requirement: it is too long');
  const tokens: string[] = [];
  const trimmed = text.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < trimmed.length) {
    const token = TOKEN.exec(trimmed)?.[1];
    if (token === undefined) break;
    tokens.push(token);
  }
  return tokens;
}

interface Requirement {
  readonly selector: Selector;
  readonly next: number;
}

function parseRequirement(tokens: readonly string[], at: number): Requirement {
  if (tokens[at] === '!') {
    const key = keyAt(tokens, at + 1);
    return { selector: (labels) => !(key in labels), next: at + 2 };
  }
  const key = keyAt(tokens, at);
  const operator = tokens[at + 1];
  if (operator === undefined || operator === ',')
    return { selector: (labels) => key in labels, next: at + 1 };
  if (operator === 'in' || operator === 'notin') {
    const { values, next } = parseValues(tokens, at + 2);
    const wanted = operator === 'in';
    return { selector: (labels) => values.has(labels[key] ?? '\0') === wanted, next };
  }
  if (!['=', '==', '!=', '<', '>'].includes(operator))
    throw unparsable(operator, 'in, notin, =, ==, !=, gt, lt');
  return comparison(key, operator, tokens[at + 2]);

  function comparison(name: string, sign: string, found: string | undefined): Requirement {
    // Nothing after the sign is the empty value.
    const empty = found === undefined || found === ',';
    if (!empty && isPunctuation(found)) throw unparsable(found, 'identifier');
    const value = empty ? '' : found;
    const next = empty ? at + 2 : at + 3;
    if (sign === '<' || sign === '>') return { selector: numeric(name, sign, value), next };
    checkValue(value);
    return { selector: (labels) => (labels[name] === value) === (sign !== '!='), next };
  }
}

function keyAt(tokens: readonly string[], at: number): string {
  const key = tokens[at];
  if (key === undefined || isPunctuation(key))
    throw unparsable(key ?? '', "!, identifier, or 'end of string'");
  if (!isLabelKey(key)) throw badRequest(`unable to parse requirement: <nil>: Invalid value: "${key}"`);
  return key;
}

function parseValues(tokens: readonly string[], start: number): { values: Set<string>; next: number } {
  if (tokens[start] !== '(') throw unparsable(tokens[start] ?? '', "'('");
  const values = new Set<string>();
  let last = '';
  for (let at = start + 1; at < tokens.length; at++) {
    const token = tokens[at] ?? '';
    if (token === ')' || token === ',') {
      values.add(last);
      if (token === ')') return { values, next: at + 1 };
      last = '';
    } else if (isPunctuation(token) || last !== '') throw unparsable(token, "',' or ')'");
    else {
      checkValue(token);
      last = token;
    }
  }
  throw unparsable('', "',' or ')'");
}

function numeric(key: string, sign: string, value: string): Selector {
  if (!/^-?\d+$/.test(value))
    throw badRequest(
      `unable to parse requirement: values[0][${key}]: Invalid value: "${value}": for 'Gt', 'Lt' operators, the value must be an integer`,
    );
  return (labels) => {
    const label = labels[key];
    if (label === undefined || !/^-?\d+$/.test(label)) return false;
    return sign === '<' ? Number(label) < Number(value) : Number(label) > Number(value);
  };
}

function checkValue(value: string): void {
  if (!isLabelValue(value))
    throw badRequest(`unable to parse requirement: values[0]: Invalid value: "${value}"`);
}

function isPunctuation(token: string): boolean {
  return /^[=!,()<>]/.test(token);
}

function unparsable(found: string | undefined, expected: string): Error {
  return badRequest(`unable to parse requirement: found '${found ?? ''}', expected: ${expected}`);
}

/** What is wrong between requirements. */
function unexpected(found: string | undefined, expected: string): Error {
  return badRequest(`found '${found ?? ''}', expected: ${expected}`);
}
