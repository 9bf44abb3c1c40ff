import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { NodewardError } from '../../../src/base/errors.ts';
import { readSbom } from '../../../src/evidence/sbom/index.ts';

const FIXTURES = new URL('../../fixtures/sbom/', import.meta.url);
const TEXTS = readdirSync(FIXTURES)
  .filter((name) => name.endsWith('.json'))
  .map((name) => readFileSync(new URL(name, FIXTURES), 'utf8'));

/** Fails only as the catalogue says, whatever the file holds. */
function attempt(bytes: Uint8Array): void {
  try {
    readSbom(bytes, 'in.json');
  } catch (thrown) {
    assert.ok(thrown instanceof NodewardError, String(thrown));
    assert.ok(['input-malformed', 'input-unsupported', 'input-too-large'].includes(thrown.code), thrown.code);
  }
}

/** Replaces the value that the turns lead to; every turn picks one key of an object or array. */
function replaceAt(root: unknown, turns: readonly number[], value: unknown): void {
  let node = root;
  for (const turn of turns) {
    if (typeof node !== 'object' || node === null) return;
    const keys = Object.keys(node);
    const key = keys[turn % Math.max(keys.length, 1)];
    if (key === undefined) return;
    const next: unknown = Reflect.get(node, key);
    if (turn === turns.at(-1) || typeof next !== 'object' || next === null) {
      Reflect.set(node, key, value);
      return;
    }
    node = next;
  }
}

test('wrong types anywhere are gaps or malformed input', () => {
  const strange = fc.oneof(
    fc.constantFrom<unknown>(
      null,
      '',
      [],
      {},
      [null],
      true,
      'pkg:deb/ubuntu/a@1?epoch=99999999999',
      '\u0000',
    ),
    fc.jsonValue(),
  );
  const turns = fc.array(fc.nat(40), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.constantFrom(...TEXTS), turns, strange, (text, path, value) => {
      const document: unknown = JSON.parse(text);
      replaceAt(document, path, value);
      attempt(Buffer.from(JSON.stringify(document)));
    }),
    { numRuns: 500 },
  );
});

test('a version that is an object with a toString of its own is refused with its text', () => {
  for (const document of [
    { spdxVersion: { toString: [] } },
    { bomFormat: 'CycloneDX', specVersion: { toString: 1, valueOf: 1 } },
  ])
    assert.throws(() => readSbom(Buffer.from(JSON.stringify(document)), 'x.json'), /is .*\{"toString":/);
});

test('truncated and altered bytes are malformed input', () => {
  fc.assert(
    fc.property(fc.constantFrom(...TEXTS), fc.nat(20_000), fc.nat(255), (text, at, byte) => {
      const bytes = Buffer.from(text);
      // Without the last brace at least; the line break behind it is no loss.
      const cut = bytes.subarray(0, at % (bytes.length - 1));
      assert.throws(() => readSbom(cut, 'in.json'), { code: 'input-malformed' });
      bytes[at % bytes.length] = byte;
      attempt(bytes);
    }),
  );
});

test('references that repeat do not multiply the work', () => {
  const ref = 'pkg:golang/k8s.io/kubernetes@v1.30.3';
  const kubelet = (index: number): object => ({
    'bom-ref': `k${index}`,
    type: 'application',
    name: `n${index}/kubelet`,
    properties: [{ name: 'aquasecurity:trivy:Type', value: 'gobinary' }],
  });
  const indexes = Array.from({ length: 5000 }, (_, index) => index);
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    components: [
      ...indexes.map(kubelet),
      ...indexes.map(() => ({ 'bom-ref': ref, type: 'library', name: 'x', purl: ref })),
    ],
    dependencies: indexes.map((index) => ({ ref: `k${index}`, dependsOn: [ref, ref] })),
  };
  const started = performance.now();
  const { software } = readSbom(Buffer.from(JSON.stringify(document)), 'x');
  assert.deepEqual(software.components, [{ name: 'kubelet', version: 'v1.30.3', role: 'installed' }]);
  assert.ok(performance.now() - started < 2000);
});
