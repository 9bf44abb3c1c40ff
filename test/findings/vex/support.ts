import { readFileSync } from 'node:fs';
import { readVex } from '../../../src/findings/index.ts';
import { imageOf } from '../../../src/pipeline/governance/images.ts';

export const NOW = '2024-08-09T12:00:00.000Z';

/** The bytes of a fixture. */
export function fixture(name: string): Buffer {
  return readFileSync(new URL(`../../fixtures/vex/${name}`, import.meta.url));
}

/** Reads a document as the import does. */
export function read(document: Uint8Array | object, now: string = NOW) {
  const bytes = document instanceof Uint8Array ? document : Buffer.from(JSON.stringify(document));
  return readVex(bytes, { place: 'test.json', now, imageOf });
}

/** A document around some statements. */
export function documentOf(statements: readonly unknown[], rest: object = {}) {
  return {
    '@context': 'https://openvex.dev/ns/v0.2.0',
    '@id': 'https://example.com/vex/1',
    author: 'Vendor',
    timestamp: '2024-08-01T00:00:00Z',
    version: 1,
    statements,
    ...rest,
  };
}

/** What a product means, or why it is left out. */
export function meaningOf(product: unknown, parts: readonly string[] = []) {
  const statement = {
    vulnerability: { name: 'CVE-2024-6387' },
    products: [product],
    subcomponents: parts,
    status: 'fixed',
  };
  const { said, leftOut } = read(documentOf([statement]));
  const [first] = said;
  if (first === undefined) return leftOut[0]?.why;
  const { package: name, version, family } = first.subject;
  return { package: name, version, family };
}
