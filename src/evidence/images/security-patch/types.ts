import type { Gap } from '../../../model/gap.ts';

/** One package that a patch changes. */
export interface PackageChange {
  /** `new`: another package beside what is there. `removed`: exactly this version goes. */
  readonly kind: 'upgraded' | 'new' | 'removed';
  readonly name: string;
  /** Empty where the patch does not say. */
  readonly arch: string;
  readonly version: string;
}

/** What a section of changes starts from: a named image, an earlier snapshot, or something the patch does not say. */
export type PatchOrigin =
  | { readonly kind: 'image'; readonly name: string }
  | { readonly kind: 'snapshot'; readonly day: string }
  | { readonly kind: 'unstated' };

/** The changes from one origin up to the snapshot. */
export interface PatchSection {
  readonly from: PatchOrigin;
  readonly changes: readonly PackageChange[];
}

/** What the SecurityPatch channel ships with one snapshot of the distribution's repository. */
export interface SecurityPatch {
  /** ISO day of the snapshot. */
  readonly day: string;
  /** Empty where the file lists no origin, also where it is empty. */
  readonly sections: readonly PatchSection[];
  readonly gaps: readonly Gap[];
}
