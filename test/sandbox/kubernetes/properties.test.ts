import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { applyPatch, PATCH_TYPES } from '../../../src/sandbox/kubernetes/api/patch.ts';
import { parseFieldSelector, parseLabelSelector } from '../../../src/sandbox/kubernetes/api/selectors.ts';
import { StatusError } from '../../../src/sandbox/kubernetes/api/status.ts';
import { ChangeLog, undone } from '../../../src/sandbox/kubernetes/changes.ts';
import type { Item, KubeBody } from '../../../src/sandbox/kubernetes/objects.ts';

const key = fc.constantFrom('a', 'b', 'example.com/c', 'd-e_f.g');
const value = fc.constantFrom('', 'x', 'y', '1', '2', '10', 'v1.2-3');
const labels = fc.dictionary(key, value);

/** A requirement as text, and what it means. */
const requirement = fc.oneof(
  fc.tuple(key, value, fc.constantFrom('=', '==', ' = ')).map(([k, v, sign]) => ({
    text: `${k}${sign}${v}`,
    holds: (given: Record<string, string>) => given[k] === v,
  })),
  fc.tuple(key, value).map(([k, v]) => ({
    text: `${k}!=${v}`,
    holds: (given: Record<string, string>) => given[k] !== v,
  })),
  fc.tuple(key, fc.array(value, { minLength: 1 }), fc.boolean()).map(([k, vs, wanted]) => ({
    text: `${k} ${wanted ? 'in' : 'notin'} (${vs.join(', ')})`,
    holds: (given: Record<string, string>) => vs.some((each) => each === given[k]) === wanted,
  })),
  fc.tuple(key, fc.boolean()).map(([k, wanted]) => ({
    text: `${wanted ? '' : '!'}${k}`,
    holds: (given: Record<string, string>) => k in given === wanted,
  })),
  fc.tuple(key, fc.integer({ min: -5, max: 20 }), fc.boolean()).map(([k, bound, less]) => ({
    text: `${k}${less ? '<' : '>'}${bound}`,
    holds: (given: Record<string, string>) =>
      /^\d+$/.test(given[k] ?? '') && (less ? Number(given[k]) < bound : Number(given[k]) > bound),
  })),
);

it('selects by labels what every requirement means', () => {
  fc.assert(
    fc.property(fc.array(requirement, { maxLength: 4 }), labels, (requirements, given) => {
      const selector = parseLabelSelector(requirements.map(({ text }) => text).join(','));
      assert.equal(
        selector(given),
        requirements.every(({ holds }) => holds(given)),
      );
    }),
  );
});

it('selects by fields what every term means, whatever the values hold', () => {
  const fields = fc.record({ 'metadata.name': fc.string(), 'spec.nodeName': fc.string() });
  const term = fc.tuple(fc.constantFrom('metadata.name', 'spec.nodeName'), fc.string(), fc.boolean());
  const escaped = (text: string): string => text.replace(/[\\,=]/g, '\\$&');
  fc.assert(
    fc.property(fields, fc.array(term, { maxLength: 3 }), (given, terms) => {
      const text = terms
        .map(([field, wanted, same]) => `${field}${same ? '=' : '!='}${escaped(wanted)}`)
        .join(',');
      const selector = parseFieldSelector(text, ['metadata.name', 'spec.nodeName']);
      const expected = terms.every(
        ([field, wanted, same]) => (given[field as keyof typeof given] === wanted) === same,
      );
      assert.equal(selector(given), expected);
    }),
    // A value that ends with a backslash, before another term.
    {
      examples: [
        [
          { 'metadata.name': '', 'spec.nodeName': '' },
          [
            ['metadata.name', '\\', false],
            ['metadata.name', ' ', true],
          ],
        ],
      ],
    },
  );
});

it('refuses every other text with a 400, and never fails otherwise', () => {
  const text = fc.oneof(
    fc.string(),
    fc
      .array(fc.constantFrom('a', 'in', 'notin', '(', ')', ',', '=', '!', '<', '>', ' ', 'x'), {
        maxLength: 12,
      })
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (given) => {
      for (const parse of [
        () => parseLabelSelector(given),
        () => parseFieldSelector(given, ['metadata.name']),
      ])
        try {
          parse();
        } catch (thrown) {
          assert.ok(thrown instanceof StatusError);
          assert.equal(thrown.code, 400);
        }
    }),
    { numRuns: 1_000 },
  );
});

const json = fc.dictionary(
  fc.oneof(fc.constantFrom('a', 'b', '__proto__', 'constructor'), fc.string()),
  fc.jsonValue(),
);

it('merges as RFC 7386 says, and leaves what it is given as it was', () => {
  fc.assert(
    fc.property(json, json, (target, patch) => {
      const before = JSON.stringify(target);
      const merged = applyPatch(target, PATCH_TYPES.merge, JSON.stringify(patch));
      assert.equal(JSON.stringify(target), before);
      assert.deepEqual(flat(merged), flat(reference(target, JSON.parse(JSON.stringify(patch))) as object));
      // A second time changes nothing.
      assert.deepEqual(flat(applyPatch(merged, PATCH_TYPES.merge, JSON.stringify(patch))), flat(merged));
    }),
  );
});

/** Without prototypes, which `__proto__` as a member must not touch. */
function flat(of: unknown): unknown {
  return JSON.stringify(of, (_key, member) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? {
          ...Object.fromEntries(
            Object.entries(member)
              .sort(([a], [b]) => (a < b ? -1 : 1))
              .map(([k, v]) => [`.${k}`, v]),
          ),
        }
      : member,
  );
}

/** The RFC's own words, in code. */
function reference(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result = new Map<string, unknown>(
    typeof target === 'object' && target !== null && !Array.isArray(target) ? Object.entries(target) : [],
  );
  for (const [name, member] of Object.entries(patch))
    if (member === null) result.delete(name);
    else result.set(name, reference(result.get(name), member));
  return Object.fromEntries(result);
}

it('takes a value that a replacement lacks for null, as the real server does', () => {
  const operations = [
    { op: 'replace', path: '/a' },
    { op: 'copy', path: '/b', from: '/a' },
  ];
  const patched = applyPatch({ a: 1 }, PATCH_TYPES.json, JSON.stringify(operations));
  assert.deepEqual(patched, { a: null, b: null });
});

it('never fails at a patch but with a status', () => {
  const path = fc.constantFrom(
    '',
    '/',
    '/a',
    '/a/b',
    '/a/0',
    '/a/-',
    '/b~1c',
    '/__proto__',
    '/__proto__/x',
    'a',
    '/a/01',
  );
  const operation = fc.record(
    {
      op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'other'),
      path,
      from: path,
      value: fc.jsonValue(),
    },
    { requiredKeys: ['op', 'path'] },
  );
  fc.assert(
    fc.property(json, fc.array(operation, { maxLength: 6 }), (target, operations) => {
      const before = JSON.stringify(target);
      try {
        applyPatch(target, PATCH_TYPES.json, JSON.stringify(operations));
      } catch (thrown) {
        assert.ok(thrown instanceof StatusError, String(thrown));
        assert.ok([400, 422].includes(thrown.code));
      }
      assert.equal(JSON.stringify(target), before);
      assert.equal(({} as Record<string, unknown>).x, undefined);
    }),
    { numRuns: 1_000 },
  );
});

it('bounds what a JSON patch can copy', () => {
  const operations = Array.from({ length: 60 }, (_, index) => ({
    op: 'copy',
    from: '',
    path: `/copy${index}`,
  }));
  assert.throws(() => applyPatch({ a: 'x'.repeat(1_000) }, PATCH_TYPES.json, JSON.stringify(operations)), {
    code: 413,
  });
});

it('merges lists with a key by that key in a strategic merge patch', () => {
  const patched = applyPatch(
    {
      status: {
        conditions: [
          { type: 'A', status: '1', kept: true },
          { type: 'B', status: '2' },
          { type: 'C', status: '3' },
        ],
      },
      finalizers: ['x', 'y'],
    },
    PATCH_TYPES.strategic,
    JSON.stringify({
      status: {
        conditions: [
          { type: 'A', status: '4' },
          { type: 'B', $patch: 'delete' },
          { type: 'D', status: '5' },
        ],
      },
      '$deleteFromPrimitiveList/finalizers': ['x'],
      finalizers: ['z'],
      '$setElementOrder/finalizers': ['y', 'z'],
    }),
  );
  assert.deepEqual(patched, {
    status: {
      conditions: [
        { type: 'A', status: '4', kept: true },
        { type: 'C', status: '3' },
        { type: 'D', status: '5' },
      ],
    },
    finalizers: ['y', 'z'],
  });
});

it('brings back every state it still knows, and says so of all others', () => {
  const operation = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.boolean());
  fc.assert(
    fc.property(
      fc.array(operation, { maxLength: 60 }),
      fc.integer({ min: 4, max: 20 }),
      (operations, capacity) => {
        const log = new ChangeLog(0, capacity);
        const now = new Map<string, Item>();
        const states = [new Map(now)];
        operations.forEach(([name, remove], index) => {
          const before = now.get(name) ?? null;
          const after = remove ? null : item(name, index + 1);
          if (after === null) now.delete(name);
          else now.set(name, after);
          log.add({ version: index + 1, key: name, before, after });
          states.push(new Map(now));
        });
        states.forEach((state, version) => {
          const changes = log.since(version);
          if (changes === null) assert.ok(version < operations.length - capacity);
          else assert.deepEqual(sorted(undone([...now.values()], changes)), sorted([...state.values()]));
        });
      },
    ),
  );
});

function item(key: string, version: number): Item {
  const metadata = { name: key, uid: '', resourceVersion: String(version), creationTimestamp: '' };
  const body: KubeBody = { kind: 'Thing', apiVersion: 'v1', metadata };
  return { key, body: () => body };
}

function sorted(items: readonly Item[]): string[] {
  return items.map((each) => `${each.key} ${each.body().metadata.resourceVersion}`).sort();
}
