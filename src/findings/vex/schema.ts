/** What is read of OpenVEX documents, 0.2.0 and the earlier 0.0.x. Everything else in them is ignored. */

import * as v from 'valibot';
import { instantOf } from '../../base/clock.ts';

const MAX_ID = 1024;
const MAX_NAME = 512;
const MAX_TEXT = 16_384;
const MAX_NAMES = 1000;

/** RFC 3339, as an instant in UTC with milliseconds. */
const instant = v.pipe(
  v.string(),
  v.regex(
    /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,12})?(?:[Zz]|[+-]\d{2}:\d{2})$/,
    'is no RFC 3339 instant',
  ),
  v.check((text) => instantOf(text) !== null, 'is no instant of the calendar'),
  v.transform((text) => new Date(text).toISOString()),
);

const required = (max: number) =>
  v.pipe(v.string(), v.trim(), v.minLength(1, 'is empty'), v.maxLength(max, 'is too long'));

/** Optional text: absent, null and empty mean the same. */
const text = v.nullish(
  v.pipe(
    v.string(),
    v.maxLength(MAX_TEXT, 'is too long'),
    v.trim(),
    v.transform((value) => (value === '' ? null : value)),
  ),
  null,
);

/** A thing that 0.0.x writes as one text, and 0.2.0 as an object that has the text under a name. */
const named = <S extends v.GenericSchema>(name: string, schema: S) =>
  v.pipe(
    v.unknown(),
    v.transform((value) => (typeof value === 'string' ? { [name]: value } : value)),
    schema,
  );

/** Earlier documents write their version as a text. */
const version = v.pipe(
  v.union([v.number(), v.pipe(v.string(), v.regex(/^\d{1,9}$/), v.transform(Number))], 'is no number'),
  v.integer('is no whole number'),
  v.minValue(0, 'is below zero'),
  v.maxValue(999_999_999, 'is too large'),
);

/** OpenVEX `component`: how software is named. */
const component = { '@id': text, identifiers: v.nullish(v.object({ purl: text })) };

/** OpenVEX `subcomponent`. */
const VexComponent = named('@id', v.object(component));

const components = v.nullish(v.pipe(v.array(VexComponent), v.maxLength(MAX_NAMES, 'has too many')), []);

/** OpenVEX `product`. */
const VexProduct = named('@id', v.object({ ...component, subcomponents: components }));

/** OpenVEX `vulnerability`. */
const VexVulnerability = named(
  'name',
  v.object({
    name: required(MAX_NAME),
    aliases: v.nullish(v.pipe(v.array(required(MAX_NAME)), v.maxLength(MAX_NAMES, 'has too many')), []),
  }),
);

/** Why something is not affected, by OpenVEX's own labels. */
const JUSTIFICATIONS = [
  'component_not_present',
  'vulnerable_code_not_present',
  'vulnerable_code_not_in_execute_path',
  'vulnerable_code_cannot_be_controlled_by_adversary',
  'inline_mitigations_already_exist',
] as const;

/** OpenVEX `statement`. */
export const VexStatement = v.object({
  vulnerability: VexVulnerability,
  timestamp: v.nullish(instant, null),
  products: v.nullish(v.pipe(v.array(VexProduct), v.maxLength(100_000, 'has too many')), []),
  /** 0.0.x only. */
  subcomponents: components,
  status: v.picklist(['not_affected', 'affected', 'fixed', 'under_investigation'], 'is no status of OpenVEX'),
  justification: v.pipe(text, v.nullable(v.picklist(JUSTIFICATIONS, 'is no justification of OpenVEX'))),
  impact_statement: text,
  action_statement: text,
  status_notes: text,
});
export type VexStatement = v.InferOutput<typeof VexStatement>;
export type VexProduct = VexStatement['products'][number];
export type VexComponent = VexStatement['subcomponents'][number];
export type VexVulnerability = VexStatement['vulnerability'];

/** OpenVEX document; statements are read one by one, so that a bad one costs only itself. */
export const VexFile = v.object({
  '@context': v.string(),
  '@id': required(MAX_ID),
  author: required(MAX_NAME),
  timestamp: instant,
  version,
  statements: v.pipe(
    v.array(v.unknown()),
    v.minLength(1, 'is empty'),
    v.maxLength(100_000, 'has more than 100,000 statements'),
  ),
});

/** Where an issue is, `products[3].identifiers.purl`, below a place; and what is wrong there. */
export function issueOf(
  issue: v.BaseIssue<unknown>,
  place: string,
): { readonly place: string; readonly why: string } {
  let where = place;
  for (const { key } of issue.path ?? []) {
    if (typeof key === 'number') where += `[${key}]`;
    else where += where === '' ? String(key) : `.${String(key)}`;
  }
  if (issue.received === 'undefined') return { place: where, why: 'is missing' };
  const wanted = /^Invalid type: Expected (\S+) /.exec(issue.message)?.[1]?.toLowerCase();
  return {
    place: where,
    why: wanted === undefined ? issue.message : `is no ${wanted === 'array' ? 'list' : wanted}`,
  };
}
