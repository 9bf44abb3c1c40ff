/** A node image family: the gallery and the image definition in it, as `nodeImageVersion` spells them. */
export interface ImageFamily {
  readonly gallery: string;
  readonly definition: string;
  /** `gallery-definition`: `AKSUbuntu-2204gen2containerd`. */
  readonly name: string;
}

/**
 * Folders whose definition follows no visible pattern, below their OS folder. Generated from the `sku` of the
 * `*-image-list.json` beside the release notes; the V2 ones from the galleries' definitions of 2023 to 2025.
 */
const AZURE_LINUX = new Map([
  ['cvmgen2', 'gen2CVM'],
  ['gen1', ''],
  ['gen1fips', 'fips'],
  ['gen2', 'gen2'],
  ['gen2arm64', 'gen2arm64'],
  ['gen2arm64fips', 'gen2arm64fips'],
  ['gen2fips', 'gen2fips'],
  ['gen2kata', 'katagen2'],
  ['gen2tl', 'gen2TL'],
]);

const DEFINITIONS: ReadonlyMap<string, readonly [gallery: string, definition: string]> = new Map([
  ['AKSAzureContainerLinux/arm64gen2tl', ['AKSAzureLinux', 'aclgen2arm64TL']],
  ['AKSAzureContainerLinux/gen2tl', ['AKSAzureLinux', 'aclgen2TL']],
  ['AKSAzureLinuxV3/osguardgen2fipstl', ['AKSAzureLinux', 'OSGuardV3gen2fipsTL']],
  ['AKSFlatcar/gen2', ['AKSFlatcar', 'flatcargen2']],
  ['AKSFlatcar/gen2arm64', ['AKSFlatcar', 'flatcargen2arm64']],
  ...azureLinux('AKSAzureLinuxV3', 'AKSAzureLinux', 'V3'),
  ...azureLinux('AKSAzureLinux', 'AKSAzureLinux', 'V2'),
  ...azureLinux('AKSCBLMarinerV2', 'AKSCBLMariner', 'V2'),
]);

function azureLinux(folder: string, gallery: string, version: string) {
  return [...AZURE_LINUX].map(
    ([generation, definition]) =>
      [`${folder}/${generation}`, [gallery, `${version}${definition}`] as const] as const,
  );
}

const UBUNTU = /^AKSUbuntu\/gen([12])\/([0-9]{4}(?:minimal)?)([a-z0-9]{0,60})$/;
const WINDOWS = /^AKSWindows\/(?:windows-)?([0-9][0-9A-Za-z]{1,15}(?:-[0-9A-Za-z]{1,15}){0,4})$/;

/**
 * The family of a folder under AgentBaker's `vhdbuilder/release-notes`: `AKSUbuntu/gen2/2204tlcontainerd` is
 * `AKSUbuntu-2204gen2TLcontainerd`. Null for a folder that neither the table nor the pattern of its OS knows: a
 * guessed family would be compared with the wrong images.
 */
export function familyOf(folder: string): ImageFamily | null {
  const known = DEFINITIONS.get(folder);
  if (known !== undefined) return family(...known);
  const ubuntu = UBUNTU.exec(folder);
  if (ubuntu !== null) {
    const [, generation, release = '', rest = ''] = ubuntu;
    const variant = rest.replace(/tl(?=containerd$|$)/, 'TL').replace(/^cvm/, 'CVM');
    return family('AKSUbuntu', `${release}${generation === '2' ? 'gen2' : ''}${variant}`);
  }
  const windows = WINDOWS.exec(folder)?.[1];
  return windows === undefined ? null : family('AKSWindows', windows);
}

function family(gallery: string, definition: string): ImageFamily {
  return { gallery, definition, name: `${gallery}-${definition}` };
}
