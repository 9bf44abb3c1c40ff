import { openFileSource } from './file.ts';
import { isRemote } from './http/url.ts';
import { openHttpSource } from './http.ts';
import type { SourceOptions } from './options.ts';
import type { OpenSource } from './types.ts';

/**
 * Opens the bytes of a disk for reading: an `https:` URL, or the path of a file or block device.
 * @throws NodewardError what `openFileSource` and `openHttpSource` do
 */
export function openSource(location: string, options: SourceOptions = {}): Promise<OpenSource> {
  return isRemote(location) ? openHttpSource(location, options) : openFileSource(location, options);
}
