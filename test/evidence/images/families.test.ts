import assert from 'node:assert/strict';
import { test } from 'node:test';
import { familyOf } from '../../../src/evidence/images/families.ts';
import { placeOf } from '../../../src/evidence/images/place.ts';

/** From the `sku` of upstream's image lists, and the definitions of folders that are no longer there. */
const KNOWN: Readonly<Record<string, string>> = {
  'AKSAzureContainerLinux/arm64gen2tl': 'AKSAzureLinux-aclgen2arm64TL',
  'AKSAzureContainerLinux/gen2tl': 'AKSAzureLinux-aclgen2TL',
  'AKSAzureLinux/gen2': 'AKSAzureLinux-V2gen2',
  'AKSAzureLinux/gen2kata': 'AKSAzureLinux-V2katagen2',
  'AKSAzureLinux/gen1fips': 'AKSAzureLinux-V2fips',
  'AKSAzureLinuxV3/cvmgen2': 'AKSAzureLinux-V3gen2CVM',
  'AKSAzureLinuxV3/gen1': 'AKSAzureLinux-V3',
  'AKSAzureLinuxV3/gen1fips': 'AKSAzureLinux-V3fips',
  'AKSAzureLinuxV3/gen2': 'AKSAzureLinux-V3gen2',
  'AKSAzureLinuxV3/gen2arm64': 'AKSAzureLinux-V3gen2arm64',
  'AKSAzureLinuxV3/gen2arm64fips': 'AKSAzureLinux-V3gen2arm64fips',
  'AKSAzureLinuxV3/gen2fips': 'AKSAzureLinux-V3gen2fips',
  'AKSAzureLinuxV3/gen2kata': 'AKSAzureLinux-V3katagen2',
  'AKSAzureLinuxV3/gen2tl': 'AKSAzureLinux-V3gen2TL',
  'AKSAzureLinuxV3/osguardgen2fipstl': 'AKSAzureLinux-OSGuardV3gen2fipsTL',
  'AKSCBLMarinerV2/gen1': 'AKSCBLMariner-V2',
  'AKSCBLMarinerV2/gen2kata': 'AKSCBLMariner-V2katagen2',
  'AKSFlatcar/gen2': 'AKSFlatcar-flatcargen2',
  'AKSFlatcar/gen2arm64': 'AKSFlatcar-flatcargen2arm64',
  'AKSUbuntu/gen1/1804containerd': 'AKSUbuntu-1804containerd',
  'AKSUbuntu/gen1/2004fipscontainerd': 'AKSUbuntu-2004fipscontainerd',
  'AKSUbuntu/gen1/2204containerd': 'AKSUbuntu-2204containerd',
  'AKSUbuntu/gen2/1804gpucontainerd': 'AKSUbuntu-1804gen2gpucontainerd',
  'AKSUbuntu/gen2/2004cvmcontainerd': 'AKSUbuntu-2004gen2CVMcontainerd',
  'AKSUbuntu/gen2/2204arm64containerd': 'AKSUbuntu-2204gen2arm64containerd',
  'AKSUbuntu/gen2/2204containerd': 'AKSUbuntu-2204gen2containerd',
  'AKSUbuntu/gen2/2204fipscontainerd': 'AKSUbuntu-2204gen2fipscontainerd',
  'AKSUbuntu/gen2/2204fipstlcontainerd': 'AKSUbuntu-2204gen2fipsTLcontainerd',
  'AKSUbuntu/gen2/2204tlcontainerd': 'AKSUbuntu-2204gen2TLcontainerd',
  'AKSUbuntu/gen2/2404cvmcontainerd': 'AKSUbuntu-2404gen2CVMcontainerd',
  'AKSUbuntu/gen2/2404tlcontainerd': 'AKSUbuntu-2404gen2TLcontainerd',
  'AKSUbuntu/gen2/2604minimalarm64containerd': 'AKSUbuntu-2604minimalgen2arm64containerd',
  'AKSUbuntu/gen2/2604minimalcontainerd': 'AKSUbuntu-2604minimalgen2containerd',
  'AKSWindows/2019-containerd': 'AKSWindows-2019-containerd',
  'AKSWindows/2022-containerd-gen2': 'AKSWindows-2022-containerd-gen2',
  'AKSWindows/23H2-gen2': 'AKSWindows-23H2-gen2',
  'AKSWindows/windows-2025': 'AKSWindows-2025',
};

test('each folder is the family that upstream publishes it as', () => {
  const found = Object.fromEntries(Object.keys(KNOWN).map((folder) => [folder, familyOf(folder)?.name]));
  assert.deepEqual(found, KNOWN);
});

test('a folder outside of every pattern is no family', () => {
  for (const folder of [
    'AKSBottlerocket/gen2',
    'AKSUbuntu/gen3/2204',
    'AKSUbuntu/2204',
    'AKSAzureLinuxV4/gen2',
    'AKSWindows/../x',
    '',
  ]) {
    assert.equal(familyOf(folder), null, folder);
  }
});

test('the tree is found at any depth', () => {
  const path = 'AKSUbuntu/gen2/2204containerd/202607.09.0.txt';
  for (const root of ['', '/home/x/', 'AgentBaker-0123abc/vhdbuilder/release-notes/']) {
    const place = placeOf(`${root}${path}`);
    assert.equal(place?.kind === 'image' && place.family?.name, 'AKSUbuntu-2204gen2containerd', root);
  }
  assert.deepEqual(
    placeOf('x/security-patch/20251120T000000Z/azurelinux/release_notes_delta_20251120T000000Z.txt'),
    {
      kind: 'patch',
      stream: 'azurelinux',
      day: '2025-11-20',
    },
  );
});

test('what is no release-notes file is passed over; what looks like one is not', () => {
  for (const path of [
    'README.txt',
    'AKSUbuntu/gen2/2204containerd/202607.09.0-image-list.json',
    'AKSUbuntu/gen2/2204containerd/latest.txt',
    `AKSUbuntu/${'a/'.repeat(600)}1.txt`,
  ]) {
    assert.equal(placeOf(path), null, path);
  }
  const odd = placeOf('AKSUbuntu/gen2/2204containerd/notes.txt');
  assert.equal(odd?.kind === 'image' && odd.known, false);
  const patch = placeOf('security-patch/soon/x.txt');
  assert.equal(patch?.kind === 'patch' && patch.day, null);
});
