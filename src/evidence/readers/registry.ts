import { apkReader } from './apk/apk.ts';
import { dpkgReader } from './dpkg/dpkg.ts';
import { goBinaryReader } from './go-binary/go-binary.ts';
import { kernelReader } from './kernel/kernel.ts';
import { osReleaseReader } from './os-release/os-release.ts';
import { rpmReader } from './rpm/rpm.ts';
import type { Reader } from './types.ts';

/** The readers of root file systems, in the order their results are shown. */
export const READERS: readonly Reader[] = [
  osReleaseReader,
  dpkgReader,
  rpmReader,
  apkReader,
  kernelReader,
  goBinaryReader,
];
