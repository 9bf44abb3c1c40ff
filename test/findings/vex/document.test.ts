import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { NodewardError } from '../../../src/base/errors.ts';
import { documentOf, fixture, NOW, read } from './support.ts';

const FAMILY = 'AKSUbuntu-2204gen2containerd';
const ALL = { cve: null, package: null, version: null, severity: null, scope: null, family: null };

function codeOf(bytes: Uint8Array | object): readonly [string, string] {
  try {
    read(bytes);
  } catch (thrown) {
    assert.ok(thrown instanceof NodewardError, String(thrown));
    return [thrown.code, thrown.message];
  }
  return ['', ''];
}

describe('a document of OpenVEX 0.2.0', () => {
  const document = read(fixture('node-images.openvex.json'));

  it('says whose it is', () => {
    assert.equal(document.id, 'https://security.contoso.example/vex/2024/node-images-0042');
    assert.equal(document.author, 'Contoso Platform Security <platform-security@contoso.example>');
    assert.equal(document.version, 3);
  });

  it('gives one saying for each product and subcomponent', () => {
    const cve = 'CVE-2024-6387';
    const openssh = ['openssh-server', 'openssh-sftp-server', 'openssh-client'].map((name) => ({
      subject: { ...ALL, cve, package: name, family: FAMILY },
      status: 'not_affected',
      reason: 'false-positive',
      justification:
        'vulnerable_code_not_in_execute_path: sshd is masked on all node pools; access is by kubectl debug.',
      timestamp: '2024-07-10T07:30:00.123Z',
    }));
    assert.deepEqual(document.said.slice(0, 3), openssh);
  });

  it('takes images as images, packages as packages, and the timestamp of the statement before its own', () => {
    const rest = document.said.slice(3).map(({ subject, status, reason, timestamp }) => {
      const { cve, package: name, version, family } = subject;
      return [cve, name, version, family, status, reason, timestamp.slice(0, 10)];
    });
    const protobuf = 'google.golang.org/protobuf';
    assert.deepEqual(rest, [
      ['CVE-2024-26925', null, '202407.08.0', FAMILY, 'under_investigation', null, '2024-07-01'],
      ['CVE-2024-24786', null, '202407.08.0', 'AKSAzureLinux-V3gen2', 'affected', null, '2024-07-10'],
      ['CVE-2024-24786', protobuf, 'v1.31.0', null, 'affected', null, '2024-07-10'],
      ['CVE-2023-4911', 'libc6', '2.35-0ubuntu3.4', null, 'fixed', 'false-positive', '2024-07-10'],
      ['CVE-2023-4911', 'src:glibc', '2.35-0ubuntu3.4', null, 'fixed', 'false-positive', '2024-07-10'],
      ['CVE-2024-2511', 'openssl', '3.3.0-1.azl3', null, 'not_affected', 'mitigated', '2024-07-10'],
    ]);
  });

  it('leaves out what is of other software, with the reason', () => {
    assert.deepEqual(document.leftOut, [
      { place: 'statements[4].products[1]', why: 'is of the ecosystem npm, which is not looked into' },
      { place: 'statements[4].products[2]', why: 'is not named by a package URL' },
      {
        place: 'statements[4].products[3]',
        why: 'names no version, so it cannot be told from packages of other distributions and releases',
      },
      { place: 'statements[4].products[4]', why: 'is not named by a package URL' },
    ]);
  });
});

it('reads documents of 0.0.x, whose products and vulnerabilities are texts', () => {
  const { version, said, leftOut } = read(fixture('strings-0.0.openvex.json'));
  assert.equal(version, 1);
  assert.deepEqual(leftOut, []);
  assert.deepEqual(
    said.map(({ subject, status }) => [subject, status]),
    [
      [{ ...ALL, cve: 'CVE-2023-0286', package: 'libssl3', version: '3.0.2-0ubuntu1.7' }, 'not_affected'],
      [
        { ...ALL, cve: 'CVE-2022-41723', package: 'golang.org/x/net', version: 'v0.5.0', family: FAMILY },
        'affected',
      ],
    ],
  );
});

it('leaves out statements that are not as OpenVEX asks, with their place, and reads the rest', () => {
  const { said, leftOut } = read(fixture('faults.openvex.json'));
  assert.deepEqual(
    said.map(({ subject }) => subject.cve),
    ['CVE-2024-0013'],
  );
  assert.deepEqual(
    leftOut.map(({ place, why }) => `${place} ${why}`),
    [
      'statements[0] is not_affected without justification or impact_statement',
      'statements[1] is affected without action_statement',
      'statements[2].vulnerability.name is missing',
      'statements[3].products[1].@id is no string',
      'statements[4].status is no status of OpenVEX',
      'statements[5].justification is no justification of OpenVEX',
      'statements[6] names no products',
      'statements[7].vulnerability USN-6859-1 stands for several: CVE-2024-0008, CVE-2024-0009',
      'statements[8] is of 2099-01-01T00:00:00.000Z, which is in the future',
      'statements[9].timestamp is no RFC 3339 instant',
      'statements[10] is no object',
    ],
  );
});

describe('a document that cannot be read', () => {
  const statement = {
    vulnerability: { name: 'CVE-2024-6387' },
    products: [{ '@id': 'pkg:golang/golang.org/x/net@v0.17.0' }],
    status: 'fixed',
  };
  const cases: readonly (readonly [string, object | Uint8Array, string, RegExp])[] = [
    ['is no JSON', Buffer.from('{"@context": '), 'input-malformed', /not valid JSON/],
    ['is no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'input-malformed', /UTF-8/],
    ['is a list', [], 'input-malformed', /@context does not name openvex\.dev/],
    ['is CycloneDX', { bomFormat: 'CycloneDX' }, 'input-malformed', /no OpenVEX document/],
    [
      'is of a later OpenVEX',
      documentOf([statement], { '@context': 'https://openvex.dev/ns/v1.0.0' }),
      'input-unsupported',
      /another OpenVEX version/,
    ],
    [
      'has a context that only looks like it',
      documentOf([statement], { '@context': 'https://openvex.dev/nsx' }),
      'input-malformed',
      /@context/,
    ],
    ['has no id', documentOf([statement], { '@id': ' ' }), 'input-malformed', /test\.json: @id is empty/],
    ['has no author', documentOf([statement], { author: undefined }), 'input-malformed', /author is missing/],
    ['has no version', documentOf([statement], { version: null }), 'input-malformed', /version is no number/],
    [
      'has half a version',
      documentOf([statement], { version: 1.5 }),
      'input-malformed',
      /version is no whole number/,
    ],
    [
      'has no timestamp',
      documentOf([statement], { timestamp: '2024-08-01' }),
      'input-malformed',
      /timestamp is no RFC 3339/,
    ],
    [
      'has a month that does not exist',
      documentOf([statement], { timestamp: '2024-13-01T00:00:00Z' }),
      'input-malformed',
      /timestamp is no instant/,
    ],
    [
      'has a day that does not exist',
      documentOf([statement], { timestamp: '2024-02-30T00:00:00Z' }),
      'input-malformed',
      /timestamp is no instant/,
    ],
    ['has no statements', documentOf([]), 'input-malformed', /statements is empty/],
    [
      'has one text for its statements',
      documentOf([], { statements: 'none' }),
      'input-malformed',
      /statements is no list/,
    ],
    ['has too many statements', documentOf(Array(100_001).fill(0)), 'input-malformed', /more than 100,000/],
    [
      'nests without end',
      Buffer.from(`${'['.repeat(1_000_000)}`),
      'input-malformed',
      /nested deeper than 64/,
    ],
  ];
  for (const [what, document, code, message] of cases) {
    it(what, () => {
      const [found, text] = codeOf(document);
      assert.equal(found, code);
      assert.match(text, message);
    });
  }

  it('speaks of more products than any genuine one', () => {
    const subcomponents = Array.from({ length: 999 }, (_, n) => ({ '@id': `pkg:golang/example.com/m${n}` }));
    const products = Array.from({ length: 250 }, (_, n) => ({
      '@id': `pkg:generic/AKSUbuntu-${2000 + n}gen2containerd`,
      subcomponents,
    }));
    assert.deepEqual(codeOf(documentOf([{ ...statement, products }])), [
      'input-too-large',
      'test.json speaks of more than 200,000 products',
    ]);
  });
});

it('counts what is left out beyond a thousand', () => {
  const { leftOut } = read(documentOf(Array(1500).fill({ status: 'fixed' })));
  assert.equal(leftOut.length, 1001);
  assert.deepEqual(leftOut.at(-1), { place: 'statements', why: '500 more were left out' });
});

it('brackets inside of texts are no nesting', () => {
  const notes = `${'[{'.repeat(100)} \\" ${'['.repeat(100)}`;
  const statement = {
    vulnerability: { name: 'CVE-2024-6387' },
    products: ['pkg:golang/golang.org/x/net@v0.17.0'],
    status: 'fixed',
    status_notes: notes,
  };
  assert.equal(read(documentOf([statement])).said.length, 1);
});

it('texts cannot forge lines or turn the terminal', () => {
  const statement = {
    vulnerability: { name: 'CVE-2024-6387' },
    products: ['pkg:golang/golang.org/x/net@v0.17.0'],
    status: 'not_affected',
    impact_statement: 'fine\n\u001b[2Jx-1 \u202eevil',
  };
  const { said, author } = read(documentOf([statement], { author: 'A\u0000B\nC' }));
  assert.equal(said[0]?.justification, 'fine \ufffd[2Jx-1 \ufffdevil');
  assert.equal(author, 'A\ufffdB\ufffdC');
  const halves = read(documentOf([statement], { '@id': 'https://x/\ud800', author: '\udfff' }));
  assert.deepEqual([halves.id, halves.author], ['https://x/\ufffd', '\ufffd'], 'as the audit log keeps them');
});

it('a statement of tomorrow is one of a clock that is ahead; later ones would win over everything', () => {
  const at = (timestamp: string) =>
    documentOf([
      { vulnerability: 'CVE-2024-6387', products: ['pkg:golang/a.example/b'], status: 'fixed', timestamp },
    ]);
  assert.equal(read(at('2024-08-10T11:59:59Z'), NOW).said.length, 1);
  assert.equal(read(at('2024-08-10T12:00:01Z'), NOW).said.length, 0);
});

it('whatever JSON is in a document, it is read or refused with a reason', () => {
  const anything = fc.jsonValue({ maxDepth: 4 });
  const key = fc.constantFrom(
    'vulnerability',
    'products',
    'status',
    'timestamp',
    'justification',
    'subcomponents',
  );
  const statement = fc.oneof(anything, fc.dictionary(key, anything));
  fc.assert(
    fc.property(
      fc.array(statement),
      fc.dictionary(fc.constantFrom('@id', 'author', 'version', 'timestamp'), anything),
      (statements, rest) => {
        const bytes = Buffer.from(JSON.stringify(documentOf(statements, rest)));
        try {
          const { said, leftOut } = read(bytes);
          assert.ok(said.length > 0 || leftOut.length >= statements.length);
        } catch (thrown) {
          assert.ok(thrown instanceof NodewardError);
          assert.match(thrown.code, /^input-/);
        }
      },
    ),
    { numRuns: 2000 },
  );
});

it('whatever bytes there are, they are refused with a reason', () => {
  const real = fixture('node-images.openvex.json');
  const damaged = fc.tuple(fc.nat(real.length - 1), fc.nat(255)).map(([at, byte]) => {
    const copy = Buffer.from(real);
    copy[at] = byte;
    return copy;
  });
  const cut = fc.nat(real.length).map((end) => real.subarray(0, end));
  fc.assert(
    fc.property(fc.oneof(damaged, cut, fc.uint8Array({ maxLength: 200 })), (bytes) => {
      try {
        read(bytes);
      } catch (thrown) {
        assert.ok(thrown instanceof NodewardError);
        assert.match(thrown.code, /^input-/);
      }
    }),
    { numRuns: 2000 },
  );
});
