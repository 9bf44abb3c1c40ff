import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { NodewardError } from '../../../src/base/errors.ts';
import { mergeVex } from '../../../src/findings/index.ts';
import type { Exemption } from '../../../src/model/exemption.ts';
import { documentOf, NOW, read } from './support.ts';

interface Shape {
  readonly version?: number;
  readonly author?: string;
  readonly '@id'?: string;
}

function vex(cves: readonly string[], rest: Shape = {}) {
  const statements = cves.map((name) => ({
    vulnerability: { name },
    products: ['pkg:golang/golang.org/x/net@v0.17.0'],
    status: 'fixed',
  }));
  return read(documentOf(statements, rest));
}

const A = 'CVE-2024-0001';
const B = 'CVE-2024-0002';
const C = 'CVE-2024-0003';

/** A store of exemptions that documents are imported into. */
class Imports {
  exemptions: readonly Exemption[] = [];
  readonly #versions = new Map<string, number>();

  import(document: ReturnType<typeof vex>) {
    const key = JSON.stringify([document.id, document.author]);
    const version = this.#versions.get(key) ?? null;
    const change = mergeVex(document, { exemptions: this.exemptions, version, now: NOW, by: 'alice' });
    const gone = new Map(change.withdrawn.map((each) => [each.id, each]));
    this.exemptions = [...this.exemptions.map((each) => gone.get(each.id) ?? each), ...change.added];
    this.#versions.set(key, document.version);
    return [change.added.length, change.withdrawn.length, change.unchanged];
  }

  withdraw(cve: string): void {
    this.exemptions = this.exemptions.map((each) =>
      each.subject.cve === cve ? { ...each, withdrawnAt: NOW, withdrawnBy: 'bob' } : each,
    );
  }

  active(): readonly (string | null)[] {
    return this.exemptions.filter((each) => each.withdrawnAt === null).map(({ subject }) => subject.cve);
  }
}

describe('importing a document', () => {
  it('adds what it says, by its author', () => {
    const imports = new Imports();
    assert.deepEqual(imports.import(vex([A, B])), [2, 0, 0]);
    const [first] = imports.exemptions;
    assert.match(first?.id ?? '', /^x-[0-9a-f]{8}$/);
    assert.deepEqual(
      { ...first, id: '' },
      {
        id: '',
        subject: {
          cve: A,
          package: 'golang.org/x/net',
          version: 'v0.17.0',
          severity: null,
          scope: null,
          family: null,
        },
        reason: 'false-positive',
        justification: 'fixed',
        author: 'Vendor',
        createdAt: NOW,
        expiresAt: null,
        withdrawnAt: null,
        withdrawnBy: null,
        vex: {
          document: 'https://example.com/vex/1',
          version: 1,
          timestamp: '2024-08-01T00:00:00.000Z',
          status: 'fixed',
        },
      },
    );
  });

  it('again changes nothing', () => {
    const imports = new Imports();
    imports.import(vex([A, B]));
    assert.deepEqual(imports.import(vex([B, A])), [0, 0, 2]);
  });

  it('of a newer version withdraws what it does not say any more, and of that document and author alone', () => {
    const imports = new Imports();
    imports.import(vex([A, B]));
    imports.import(vex([A], { author: 'Mallory' }));
    imports.import(vex([A], { '@id': 'https://example.com/vex/2' }));
    assert.deepEqual(imports.import(vex([B, C], { version: 2 })), [1, 1, 1]);
    assert.deepEqual(imports.active(), [B, A, A, C]);
    const gone = imports.exemptions.find((each) => each.withdrawnAt !== null);
    assert.deepEqual([gone?.subject.cve, gone?.author, gone?.withdrawnBy], [A, 'Vendor', 'alice']);
  });

  it('of an older version is refused', () => {
    const imports = new Imports();
    imports.import(vex([A], { version: 3 }));
    assert.throws(
      () => imports.import(vex([B], { version: 2 })),
      (thrown) =>
        thrown instanceof NodewardError && thrown.code === 'usage' && /older version 2/.test(thrown.message),
    );
  });

  it('again does not bring back what somebody withdrew; a newer version that says it again does', () => {
    const imports = new Imports();
    imports.import(vex([A, B]));
    imports.withdraw(A);
    assert.deepEqual(imports.import(vex([A, B])), [0, 0, 2]);
    assert.deepEqual(imports.active(), [B]);
    assert.deepEqual(imports.import(vex([A, B], { version: 2 })), [1, 0, 1]);
    assert.deepEqual(imports.active(), [B, A]);
    assert.deepEqual(imports.import(vex([A, B], { version: 2 })), [0, 0, 2]);
  });

  it('whatever the versions say, what is active is what the last one says, and ids are never given twice', () => {
    const said = fc.uniqueArray(fc.constantFrom(A, B, C), { minLength: 1 });
    fc.assert(
      fc.property(fc.array(said, { minLength: 1, maxLength: 6 }), (documents) => {
        const imports = new Imports();
        for (const [index, cves] of documents.entries()) {
          imports.import(vex(cves, { version: index + 1 }));
          assert.deepEqual([...imports.active()].sort(), [...cves].sort());
        }
        const ids = imports.exemptions.map(({ id }) => id);
        assert.equal(new Set(ids).size, ids.length);
      }),
      { numRuns: 200 },
    );
  });
});
