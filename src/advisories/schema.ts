/** The note kept beside a download. */

import * as v from 'valibot';

/** What the server said of the file when it was fetched from `url`. */
export const validatorsNote = v.object({
  url: v.string(),
  etag: v.nullable(v.string()),
  lastModified: v.nullable(v.string()),
});
