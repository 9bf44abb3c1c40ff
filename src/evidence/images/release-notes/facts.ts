import type { Gap } from '../../../model/gap.ts';
import type { SoftwareList } from '../../../model/software.ts';

/** What the content of one release-notes file says, whichever image it is about. */
export interface Facts {
  readonly software: SoftwareList;
  /** ISO day the build started; null where the file does not say. */
  readonly buildDate: string | null;
  readonly gaps: readonly Gap[];
}
