import type { ComponentRole } from '../../../model/software.ts';

/** A component as one line of release notes names it. */
export interface Mention {
  /** As written: `Azure CNI`, `kubernetes-binaries`. */
  readonly name: string;
  /** Without a leading `v`; null where the line states none (`unknown`, `{{GPUDriverVersion}}`, a bare name). */
  readonly version: string | null;
  /** Where the line says so itself. */
  readonly role: ComponentRole | null;
  /** The file, where the line announces one that a later line describes. */
  readonly path: string | null;
}

/** A version starts with a number; NVIDIA's have a word before it (`cuda-550.54.15-sha-2d4c96`). */
const VERSION = /^(?:[a-z]{1,20}-)?[0-9]+(?:[.+~_^-][0-9A-Za-z.+~_^:-]*)?$|^[0-9]+:[0-9][0-9A-Za-z.+~_^-]*$/;
const NAME = /^[A-Za-z][0-9A-Za-z.+_-]{0,79}$/;
const NAMES = /^[A-Za-z][0-9A-Za-z.+_ -]{0,119}$/;

const BULLET = '  - ';

/** Whether the line is an item of one of the lists of components and container images. */
export function isBullet(line: string): boolean {
  return line.startsWith(BULLET);
}

/**
 * Reads an item of the component lists. Empty for the reference of a container image, which is no node software, and
 * for an empty item, which is what the version command of a program that is not there printed. Null for an item of no
 * known form.
 *
 * Forms: `kubelet version 1.34.8-ubuntu22.04u1` · `containerd-wasm-shims version 0.3.0 0.5.1` · `krustlet v0.3.0` ·
 * `[cached] runc 1.0.3` · `blobfuse=1.4.4` · `nvidia-cuda-driver-prebaked=580.159.04 (kernel 5.15.0-1116-azure)` ·
 * `cached kubelet binary at /opt/bin/kubelet-1.34.8` · `pigz socat`
 */
export function parseBullet(line: string): readonly Mention[] | null {
  const item = line.slice(BULLET.length).trim();
  if (item === '' || isImageReference(item)) return [];
  return binaryAt(item) ?? labelled(item) ?? assigned(item) ?? versioned(item) ?? bare(item);
}

function isImageReference(item: string): boolean {
  return !item.includes(' ') && item.indexOf('/') > 0 && item.includes(':');
}

function binaryAt(item: string): readonly Mention[] | null {
  const match = /^cached (\S{1,80}) binary at (\/\S{1,200})$/.exec(item);
  const path = match?.[2];
  if (path === undefined) return null;
  return parseBinaryPath(path)?.map((mention) => ({ ...mention, role: 'cached' as const, path })) ?? null;
}

function labelled(item: string): readonly Mention[] | null {
  const match = /^\[(installed|cached)\] (\S+) (\S+)$/.exec(item);
  if (match === null) return null;
  const [, role, name = '', version = ''] = match;
  return mentions(name, [version], role as ComponentRole);
}

function assigned(item: string): readonly Mention[] | null {
  const match = /^([^\s=]+)=(\S*)(?: \(kernel \S+\))?$/.exec(item);
  return match === null ? null : mentions(match[1] ?? '', [match[2] ?? '']);
}

function versioned(item: string): readonly Mention[] | null {
  const at = item.indexOf(' version ');
  if (at > 0) return mentions(item.slice(0, at), item.slice(at + 9).split(' '));
  const [name = '', ...versions] = item.split(' ');
  if (versions.length === 0 || !versions.every((version) => readVersion(version) !== null)) return null;
  return mentions(name, versions);
}

function bare(item: string): readonly Mention[] | null {
  const names = item.split(' ');
  if (!names.every((name) => NAME.test(name))) return null;
  return names.map((name) => ({ name, version: null, role: null, path: null }));
}

function mentions(
  name: string,
  versions: readonly string[],
  role: ComponentRole | null = null,
): readonly Mention[] | null {
  if (!NAMES.test(name)) return null;
  return versions.map((version) => ({ name, version: readVersion(version), role, path: null }));
}

/** The version as spelled but for a leading `v`, so that `v1.31.14` and `1.31.14` are one; null where it is none. */
function readVersion(text: string): string | null {
  const version = /^v[0-9]/.test(text) ? text.slice(1) : text;
  return version.length <= 128 && VERSION.test(version) ? version : null;
}

const BINARY = /^\/(?:usr\/local|opt)\/bin\/([^/\s]{1,128})$/;
const NAMED_VERSION = /^([a-z][a-z-]*?)-v?([0-9][0-9A-Za-z.+~-]*)$/;
const GPU_PACKAGE = /^\/opt\/gpu\/([a-z0-9.+-]{1,80})_([^_/]{1,80})_[a-z0-9]{1,10}\.deb$/;
const GPU_FOLDER = /^\/opt\/gpu\/(NVIDIA|fabricmanager)-[Ll]inux-[a-z0-9_]{1,10}-([0-9.]{1,40}):$/;

/**
 * Reads the path of a program on the image: `/opt/bin/kubelet-1.30.101-akslts`, `/usr/local/bin/crictl`. Empty for a
 * script or a licence; null for a path of no known form.
 */
function parseBinaryPath(path: string): readonly Mention[] | null {
  const gpu = GPU_PACKAGE.exec(path);
  if (gpu !== null) return mentions(gpu[1] ?? '', [gpu[2] ?? ''], 'cached');
  const file = BINARY.exec(path)?.[1];
  if (file === undefined) return null;
  if (file.endsWith('.sh') || file === 'LICENSE') return [];
  if (file.startsWith('containerd-shim-')) return shim(file);
  const named = NAMED_VERSION.exec(file);
  return named === null ? bare(file) : mentions(named[1] ?? '', [named[2] ?? ''], 'cached');
}

/** `containerd-shim-spin-v0-3-0-v1` is of the release of the shims that another line states the versions of. */
function shim(file: string): readonly Mention[] {
  const wasm = /^containerd-shim-(?:slight|spin|wws)-/.test(file);
  return [{ name: wasm ? 'containerd-wasm-shims' : file, version: null, role: null, path: null }];
}

/**
 * Reads a line that is no list item: a file of `ls -l`, the folder of an unpacked GPU driver, the copied CoreDNS.
 * Empty for the lines that name no component, null for a file of a component folder that cannot be read.
 */
export function parseOtherLine(line: string): readonly Mention[] | null {
  if (/^[-l][rwxsStT-]{9}/.test(line)) {
    const [file = '', target] = line.split(' -> ', 2);
    const path = file.slice(file.lastIndexOf(' ') + 1);
    // A link to a program of an operating-system package: the package list has its version.
    if (!path.startsWith('/') || target?.startsWith('/usr/bin/')) return [];
    return path.startsWith('/opt/gpu/') ? (parseBinaryPath(path) ?? []) : parseBinaryPath(path);
  }
  const copied = /^Successfully copied (\S{1,40}) binary of (\S{1,80})$/.exec(line);
  if (copied !== null) return mentions(copied[1] ?? '', [copied[2] ?? '']);
  const gpu = GPU_FOLDER.exec(line);
  if (gpu === null) return [];
  return mentions(gpu[1] === 'NVIDIA' ? 'nvidia-driver' : 'nvidia-fabricmanager', [gpu[2] ?? ''], 'cached');
}
