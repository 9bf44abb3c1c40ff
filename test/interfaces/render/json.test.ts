import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import {
  type RenderContext,
  renderAssessment,
  renderDiff,
  renderFixedIn,
} from '../../../src/interfaces/render/index.ts';
import { SCHEMAS } from '../../../src/interfaces/render/json.ts';
import { type FeedId, SEVERITIES } from '../../../src/model/advisory.ts';
import {
  ADVISORY_COVERAGES,
  ADVISORY_ORIGINS,
  type Assessment,
  FAMILY_STATES,
  SUBJECT_KINDS,
} from '../../../src/model/assessment.ts';
import type { FindingKind, FindingState, Presence } from '../../../src/model/finding.ts';
import type { GapCode } from '../../../src/model/gap.ts';
import type { ImageChannel } from '../../../src/model/image.ts';
import { JOURNAL_STATES, PARTITION_SCHEMES, READER_STATUSES } from '../../../src/model/scan.ts';
import { ASSESSMENT, CONTEXT, DIFF, FIXED_IN, SCANNED, SOFTWARE } from './samples.ts';

type Name = keyof typeof SCHEMAS;
const NAMES: readonly Name[] = ['assessment', 'diff', 'fixed-in'];

function schemaOf(name: Name): Record<string, unknown> {
  const url = new URL(`../../../docs/schemas/${name}.schema.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8'));
}

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });
// The package's default export is a namespace to TypeScript and a function at run time.
(addFormats as unknown as (target: Ajv2020) => void)(ajv);
const validators = new Map(NAMES.map((name) => [name, ajv.compile(schemaOf(name))]));

function assertValid(name: Name, text: string): void {
  const validate = validators.get(name);
  assert.ok(validate !== undefined);
  assert.ok(validate(JSON.parse(text)), JSON.stringify(validate.errors, null, 2));
}

const EMPTY: Assessment = {
  ...ASSESSMENT,
  subject: {
    ...ASSESSMENT.subject,
    kind: 'sbom',
    family: null,
    version: null,
    buildDate: null,
    channel: null,
    os: null,
    runningKernel: null,
  },
  advisories: [],
  findings: [],
  notAffected: [],
  gaps: [],
};

const json = (assessment: Assessment, context: RenderContext = CONTEXT): Promise<string> =>
  renderAssessment('json', { assessment, software: SOFTWARE }, context).then((parts) => [...parts].join(''));

test('rendered JSON follows its schema', async () => {
  assertValid('assessment', await json(ASSESSMENT));
  assertValid('assessment', await json(EMPTY));
  assertValid('assessment', await json(SCANNED));
  assertValid('diff', await renderDiff('json', DIFF, CONTEXT));
  assertValid('fixed-in', await renderFixedIn('json', FIXED_IN, CONTEXT));
});

test('rendered JSON says all that the result says', async () => {
  const { schema, nodeward, ...assessment } = JSON.parse(await json(ASSESSMENT));
  assert.deepEqual(assessment, ASSESSMENT);
  const { schema: _, nodeward: __, ...scanned } = JSON.parse(await json(SCANNED));
  assert.deepEqual(scanned, SCANNED);
  assert.deepEqual([schema, nodeward], ['urn:nodeward:schema:assessment:1.1', '0.1.0']);
  const diff = JSON.parse(await renderDiff('json', DIFF, CONTEXT));
  assert.deepEqual(
    { ...diff, schema: undefined, nodeward: undefined },
    { ...DIFF, schema: undefined, nodeward: undefined },
  );
  const answer = JSON.parse(await renderFixedIn('json', FIXED_IN, CONTEXT));
  assert.deepEqual(
    { ...answer, schema: undefined, nodeward: undefined },
    { ...FIXED_IN, schema: undefined, nodeward: undefined },
  );
});

test('fields that are not of the contract do not leak', async () => {
  const stray = {
    ...ASSESSMENT,
    findings: ASSESSMENT.findings.map((finding) => ({ ...finding, secret: 1 })),
  };
  assert.ok(!(await json(stray)).includes('secret'));
});

test('the schemas refuse what is not of the contract', async () => {
  const validate = validators.get('assessment');
  const good = JSON.parse(await json(ASSESSMENT));
  for (const bad of [
    { ...good, extra: 1 },
    { ...good, gaps: undefined },
    { ...good, findings: [{ ...good.findings[0], severity: 'moderate' }] },
    { ...good, findings: [{ ...good.findings[0], fixed: undefined }] },
    { ...good, schema: 'urn:nodeward:schema:assessment:2.0' },
  ]) {
    assert.ok(!validate?.(JSON.parse(JSON.stringify(bad))));
  }
  const unknown = JSON.parse(await renderFixedIn('json', FIXED_IN, CONTEXT));
  unknown.families[3].why = null;
  assert.ok(!validators.get('fixed-in')?.(unknown), 'unknown needs a reason');
});

test('schema identifiers are those of the outputs', () => {
  for (const name of NAMES) assert.equal(schemaOf(name).$id, SCHEMAS[name]);
});

// Records over the union types: the compiler refuses them when a member is missing or too many.
const FEEDS: Record<FeedId, true> = { osv: true, 'azure-linux': true, 'cisa-kev': true, epss: true };
const STATES: Record<FindingState, true> = {
  'fix-available': true,
  'fix-in-pro': true,
  'no-fix': true,
  'will-not-fix': true,
};
const KINDS: Record<FindingKind, true> = { 'os-package': true, component: true, 'go-module': true };
const PRESENCES: Record<Presence, true> = {
  running: true,
  'not-running': true,
  cached: true,
  installed: true,
};
const CHANNELS: Record<ImageChannel, true> = { NodeImage: true, SecurityPatch: true };
const GAP_CODES: Record<GapCode, true> = {
  'no-package-list': true,
  'unknown-os': true,
  'no-coverage': true,
  'stale-advisories': true,
  'sample-advisories': true,
  'unparsable-version': true,
  'unknown-source': true,
  'third-party-package': true,
  'unknown-component': true,
  'vendor-patch-level': true,
  'derived-evidence': true,
  'bad-evidence': true,
  'unreadable-files': true,
  'stale-files': true,
  'unsupported-disk': true,
  'limit-reached': true,
  'not-searched': true,
  'heuristic-version': true,
  'bad-record': true,
};

test('enumerations are those of the model', () => {
  const expected = new Set(
    [
      SEVERITIES,
      SUBJECT_KINDS,
      ADVISORY_COVERAGES,
      ADVISORY_ORIGINS,
      FAMILY_STATES,
      READER_STATUSES,
      JOURNAL_STATES,
      PARTITION_SCHEMES,
      ...[FEEDS, STATES, KINDS, PRESENCES, CHANNELS, GAP_CODES].map((record) => Object.keys(record)),
    ].map((members) => [...members].sort().join(' ')),
  );
  const found = new Set(NAMES.flatMap((name) => enumsIn(schemaOf(name))));
  assert.deepEqual([...found].sort(), [...expected].sort());
});

test('every property is described', () => {
  for (const name of NAMES) assert.deepEqual(undescribed(schemaOf(name)), []);
});

function enumsIn(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  const own = 'enum' in node && Array.isArray(node.enum) ? [[...node.enum].sort().join(' ')] : [];
  return [...own, ...Object.values(node).flatMap(enumsIn)];
}

function undescribed(node: unknown, path = ''): string[] {
  if (typeof node !== 'object' || node === null || path.endsWith('/if') || path.endsWith('/then')) return [];
  const properties = 'properties' in node && typeof node.properties === 'object' ? node.properties : null;
  const own = Object.entries(properties ?? {}).flatMap(([name, schema]) =>
    'description' in schema || '$ref' in schema ? [] : [`${path}/${name}`],
  );
  return [...own, ...Object.entries(node).flatMap(([key, value]) => undescribed(value, `${path}/${key}`))];
}
