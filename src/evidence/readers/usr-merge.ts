/** The folders of the root that are links into `usr` on systems with one tree of programs. */
const MERGED = /^\/*(?:usr\/)?((?:s?bin|lib(?:32|64|x32)?)\/)/;

/**
 * One spelling for the two that a file has where `/bin`, `/sbin` and `/lib` are links into `/usr`: package databases
 * may say `/bin/x` where the tree has `usr/bin/x`. Without a leading slash and without the `usr/`.
 */
export function mergedPath(path: string): string {
  return path.replace(MERGED, '$1').replace(/^\/+/, '');
}
