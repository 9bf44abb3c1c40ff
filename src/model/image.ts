import type { Gap } from './gap.ts';
import type { SoftwareList } from './software.ts';

/** How a node gets this image: a whole new node image, or packages patched onto a running one. */
export type ImageChannel = 'NodeImage' | 'SecurityPatch';

/** One node image as the cloud names it. */
export interface NodeImage {
  /** `AKSUbuntu-2204gen2containerd-202607.09.0`, with `-YYYY.MM.DD` behind it for a SecurityPatch state. */
  readonly name: string;
  /** Gallery and definition: `AKSUbuntu-2204gen2containerd`. Versions compare only inside one family. */
  readonly family: string;
  /** `202607.09.0`, `2023.01.10`, or for Windows `20348.5499.260812`. */
  readonly version: string;
  readonly channel: ImageChannel;
  /** Day the image was built, ISO 8601 (`2026-07-09`); null where the evidence does not say. */
  readonly buildDate: string | null;
}

/** A node image with what is on it and what is not known about it. */
export interface ImageEvidence {
  readonly image: NodeImage;
  readonly software: SoftwareList;
  readonly gaps: readonly Gap[];
}
