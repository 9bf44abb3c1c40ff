import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { SoftwareList } from '../../model/software.ts';

/** Above the list of any disk that a scan's own bounds let through. */
const MAX_BYTES = 1 << 30;

/** A software list as it is stored: JSON, compressed. */
export function packSoftware(software: SoftwareList): Uint8Array {
  return zstdCompressSync(JSON.stringify(software));
}

/** Reads what `packSoftware` wrote. @throws where it is damaged */
export function unpackSoftware(body: Uint8Array): SoftwareList {
  return JSON.parse(zstdDecompressSync(body, { maxOutputLength: MAX_BYTES }).toString()) as SoftwareList;
}

/** Whether a list has packages of a FIPS stream: a FIPS image, or names and versions that say so. */
export function hasFips({ fips, packages }: SoftwareList): boolean {
  return fips === true || packages.some(({ name, version }) => /fips/i.test(version) || /-fips\b/.test(name));
}
