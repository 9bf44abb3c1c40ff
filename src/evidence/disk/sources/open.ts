import { openFileSource } from './file.ts';
import { openHttpSource } from './http.ts';
import type { SourceOptions } from './options.ts';
import type { OpenSource } from './types.ts';

/** Whether a location is a URL of a server, and with that a place that may be slow and may hold a secret. */
export function isRemote(location: string): boolean {
  return /^https?:\/\//i.test(location);
}

/**
 * Opens the bytes of a disk for reading: an `https:` URL, or the path of a file or block device.
 * @throws NodewardError what `openFileSource` and `openHttpSource` do
 */
export function openSource(location: string, options: SourceOptions = {}): Promise<OpenSource> {
  return isRemote(location) ? openHttpSource(location, options) : openFileSource(location, options);
}
