import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { meaningOf } from './support.ts';

const FAMILY = 'AKSUbuntu-2204gen2containerd';

describe('a product', () => {
  const cases: readonly (readonly [string, string | null, string | null, string | null])[] = [
    ['pkg:deb/ubuntu/openssl@3.0.2-0ubuntu1.15?arch=amd64', 'openssl', '3.0.2-0ubuntu1.15', null],
    ['pkg:deb/ubuntu/login@1%3A4.8.1-2ubuntu2.2', 'login', '1:4.8.1-2ubuntu2.2', null],
    ['pkg:deb/ubuntu/login@4.8.1-2ubuntu2.2?epoch=1', 'login', '1:4.8.1-2ubuntu2.2', null],
    ['pkg:deb/ubuntu/linux-azure@5.15.0-1067.76?arch=source', 'src:linux-azure', '5.15.0-1067.76', null],
    ['pkg:rpm/azurelinux/SymCrypt@103.8.0-1.azl3?epoch=0', 'SymCrypt', '103.8.0-1.azl3', null],
    ['pkg:rpm/mariner/openssl@0:1.1.1k-29.cm2', 'openssl', '1.1.1k-29.cm2', null],
    [
      'pkg:golang/github.com/Azure/azure-container-networking@v1.5.0',
      'github.com/azure/azure-container-networking',
      'v1.5.0',
      null,
    ],
    ['pkg:golang/stdlib@1.21.5', 'stdlib', '1.21.5', null],
    ['pkg:golang/golang.org/x/net', 'golang.org/x/net', null, null],
    ['pkg:generic/containerd@1.7.15-ubuntu22.04u1', 'containerd', '1.7.15-ubuntu22.04u1', null],
    ['pkg:generic/AKSUbuntu-2204gen2containerd@202407.08.0', null, '202407.08.0', FAMILY],
    ['pkg:generic/AKSUbuntu-2204gen2containerd-202407.08.0', null, '202407.08.0', FAMILY],
    [
      'pkg:generic/AKSUbuntu-2204gen2containerd@202407.08.0-2024.08.01',
      null,
      '202407.08.0-2024.08.01',
      FAMILY,
    ],
    ['pkg:generic/AKSUbuntu-2204gen2containerd', null, null, FAMILY],
    ['pkg:oci/AKSUbuntu-2204gen2containerd?tag=202407.08.0', null, '202407.08.0', FAMILY],
    ['pkg:oci/AKSUbuntu-2204gen2containerd@sha256%3Aabc', null, 'sha256:abc', FAMILY],
    [
      'pkg:generic/AKSWindows-windows-2022-containerd@20348.2582.240716',
      null,
      '20348.2582.240716',
      'AKSWindows-2022-containerd',
    ],
  ];
  for (const [purl, name, version, family] of cases) {
    it(purl, () => {
      assert.deepEqual(meaningOf({ '@id': purl }), { package: name, version, family });
      assert.deepEqual(meaningOf({ '@id': 'https://example.com/1', identifiers: { purl } }), {
        package: name,
        version,
        family,
      });
    });
  }
});

describe('a subcomponent', () => {
  const image = `pkg:generic/${FAMILY}`;
  it('of a family is that package on images of the family', () => {
    const expected = { package: 'openssl', version: null, family: FAMILY };
    assert.deepEqual(meaningOf(image, ['pkg:deb/ubuntu/openssl']), expected);
  });

  it('of one image is that version of the package', () => {
    const expected = { package: 'openssl', version: '3.0.2-0ubuntu1.15', family: FAMILY };
    assert.deepEqual(
      meaningOf(`${image}@202407.08.0`, ['pkg:deb/ubuntu/openssl@3.0.2-0ubuntu1.15']),
      expected,
    );
  });

  const refused: readonly (readonly [string, string, RegExp])[] = [
    [`${image}@202407.08.0`, 'pkg:deb/ubuntu/openssl', /names no version, and it is about one image/],
    [image, 'openssl', /its subcomponent is not named by a package URL/],
    ['pkg:deb/ubuntu/containerd@1.7.2', 'pkg:golang/golang.org/x/net@v0.17.0', /a part of a package/],
    [image, 'pkg:npm/left-pad@1.0.0', /ecosystem npm/],
  ];
  for (const [product, part, why] of refused) {
    it(`${part} of ${product} is left out`, () => assert.match(String(meaningOf(product, [part])), why));
  }
});

describe('what is left out', () => {
  const cases: readonly (readonly [unknown, RegExp])[] = [
    ['pkg:maven/org.springframework.boot/spring-boot@2.6.0', /ecosystem maven/],
    ['pkg:apk/wolfi/git@2.39.0-r1', /ecosystem apk/],
    ['pkg:oci/nginx@sha256%3Aabc', /container image/],
    ['pkg:docker/library/nginx@1.25', /container image/],
    ['pkg:deb/kali/openssl@3.0', /distribution kali/],
    ['pkg:deb/openssl@3.0', /no distribution/],
    ['pkg:rpm/redhat/openssl@3.0.7-1.el9', /distribution redhat/],
    ['pkg:deb/ubuntu/openssl', /names no version/],
    ['pkg:generic/kubelet', /names no version/],
    ['pkg:golang/golang.org/x/net@v0.17.0#http2', /a part of a Go module/],
    ['pkg:deb/ubuntu/%ff@1', /invalid package URL, which has an invalid percent-encoding/],
    ['https://example.com/product', /not named by a package URL/],
    [{}, /not named by a package URL/],
    [{ '@id': 'pkg:deb/ubuntu/a@1', identifiers: { purl: 'pkg:deb/ubuntu/b@1' } }, /two different/],
    [{ hashes: { 'sha-256': 'e3b0' } }, /not named by a package URL/],
  ];
  for (const [product, why] of cases) {
    it(JSON.stringify(product), () => assert.match(String(meaningOf(product)), why));
  }
});
