import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What `mkfs.xfs -p` needs to copy a folder into a new file system without mounting it. Names have no blanks; there
 * are folders, files and links.
 */
export function protoOf(folder: string): string {
  return ['/none', '0 0', `d--${modeOf(folder)} 0 0`, ...below(folder), '$', ''].join('\n');
}

function below(folder: string): string[] {
  const lines: string[] = [];
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const stat = lstatSync(path);
    if (stat.isSymbolicLink()) lines.push(`${name} l--777 0 0 ${readlinkSync(path)}`);
    else if (stat.isDirectory()) lines.push(`${name} d--${modeOf(path)} 0 0`, ...below(path), '$');
    else lines.push(`${name} ---${modeOf(path)} 0 0 ${path}`);
  }
  return lines;
}

function modeOf(path: string): string {
  return (lstatSync(path).mode & 0o777).toString(8).padStart(3, '0');
}
