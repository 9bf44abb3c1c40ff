import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Purl, parsePurl } from '../../src/base/purl.ts';

function good(text: string): Purl {
  const parsed = parsePurl(text);
  assert.ok(parsed.ok, `${text}: ${parsed.ok ? '' : parsed.error}`);
  return parsed.value;
}

test('splits a deb purl into its parts', () => {
  const purl = good(
    'pkg:deb/ubuntu/openssl@3.0.2-0ubuntu1.10?arch=amd64&epoch=1&distro=ubuntu-22.04&upstream=glibc%402.35',
  );
  assert.deepEqual(purl, {
    type: 'deb',
    namespace: 'ubuntu',
    name: 'openssl',
    version: '3.0.2-0ubuntu1.10',
    qualifiers: new Map([
      ['arch', 'amd64'],
      ['epoch', '1'],
      ['distro', 'ubuntu-22.04'],
      ['upstream', 'glibc@2.35'],
    ]),
    subpath: '',
  });
});

test('follows the rules of purl-spec', async (t) => {
  const cases: readonly (readonly [string, Partial<Purl>])[] = [
    ['pkg:deb/ubuntu/login@1%3A4.8.1-2ubuntu2.2', { version: '1:4.8.1-2ubuntu2.2' }],
    ['pkg:deb/ubuntu/libstdc%2B%2B6@12.3.0-1ubuntu1~22.04', { name: 'libstdc++6' }],
    ['pkg:deb/ubuntu/libstdc++6@12+git', { name: 'libstdc++6', version: '12+git' }],
    ['PKG:DEB/Ubuntu/OpenSSL@3', { type: 'deb', namespace: 'ubuntu', name: 'openssl' }],
    ['pkg://rpm/AzureLinux/SymCrypt@103.8.0-1.azl3', { namespace: 'azurelinux', name: 'SymCrypt' }],
    ['pkg:rpm/azurelinux/glibc', { version: null }],
    [
      'pkg:golang/github.com/containerd/containerd@v2.0.0#v2',
      { namespace: 'github.com/containerd', subpath: 'v2' },
    ],
    [
      'pkg:golang/github.com/Azure/azure-container-networking@v1.5.0',
      { namespace: 'github.com/azure', name: 'azure-container-networking' },
    ],
    ['pkg:npm/@angular/animation@12.3.1', { namespace: '@angular', name: 'animation', version: '12.3.1' }],
    ['pkg:npm/%40angular/animation', { namespace: '@angular', name: 'animation', version: null }],
    ['pkg:deb/ubuntu/x@1?arch=&distro=jammy', { qualifiers: new Map([['distro', 'jammy']]) }],
  ];
  for (const [text, expected] of cases) {
    await t.test(text, () => {
      const purl = good(text);
      for (const [key, value] of Object.entries(expected)) assert.deepEqual(purl[key as keyof Purl], value);
    });
  }
});

test('says what is wrong with an invalid one', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['', /pkg:/],
    ['http://example.com', /pkg:/],
    ['pkg:', /type/],
    ['pkg:deb', /type/],
    ['pkg:3x/name', /type/],
    ['pkg:deb/ubuntu/@1', /name/],
    ['pkg:deb/ubuntu/x%ZZ@1', /percent/],
    ['pkg:deb/ubuntu/x@1%0A2', /control/],
    ['pkg:deb/ubuntu%2Fy/x@1', /slash/],
    ['pkg:deb/ubuntu/x@1?arch=a&arch=b', /repeats/],
    ['pkg:deb/ubuntu/x@1?=b', /qualifier/],
    [`pkg:deb/ubuntu/${'x'.repeat(5000)}`, /long/],
  ];
  for (const [text, expected] of cases) {
    const parsed = parsePurl(text);
    assert.ok(!parsed.ok, text);
    assert.match(parsed.error, expected, text);
  }
});

test('reads back every name and version it is given', () => {
  const word = fc
    .string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
    .filter((s) => !/[\p{Cc}\p{Cs}]/u.test(s));
  fc.assert(
    fc.property(word, word, word, (name, version, arch) => {
      const [n, v, a] = [name, version, arch].map(encodeURIComponent);
      const purl = good(`pkg:rpm/azurelinux/${n}@${v}?arch=${a}`);
      assert.deepEqual([purl.name, purl.version, purl.qualifiers.get('arch')], [name, version, arch]);
    }),
  );
});

test('never throws', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      parsePurl(`pkg:${text}`);
    }),
  );
});
