import { isoDay } from '../../../base/clock.ts';
import { compareText } from '../../../base/text.ts';
import type { Gap } from '../../../model/gap.ts';
import type { OsRelease } from '../../../model/software.ts';
import { settleComponents } from './components.ts';
import type { Facts } from './facts.ts';
import type { Lines } from './lines.ts';
import type { Mention } from './mentions.ts';

/** Whether the lines are release notes of a Windows node image. */
export function isWindows(lines: readonly string[]): boolean {
  return lines.includes('System Info') && lines.some((line) => /^\s*OS Version *:/.test(line));
}

/**
 * Reads the release notes of a Windows node image: `Build Number: 20260812.1_…`, `System Info` with the OS build,
 * the updates under `Installed QFEs` and `Installed Updates`, `ContainerD Info`, and the files below
 * `c:\akse-cache`, whose names state the versions. Windows has no packages.
 */
export function readWindows({ lines, unread }: Lines, path: string): Facts {
  const updates = new Set<string>();
  const mentioned: Mention[] = [];
  let heading = '';
  lines.forEach((line, index) => {
    if (/^[A-Za-z]/.test(line) && !line.startsWith('c:\\')) heading = line;
    if (heading === 'Installed QFEs' || heading === 'Installed Updates') {
      if (line === heading || line.trim() === '') return;
      const update = /\bKB[0-9]{6,8}\b/.exec(line)?.[0];
      if (update === undefined) unread.add(index);
      else updates.add(update);
    } else {
      const found = readContainerd(line) ?? readCached(line);
      if (found === null) unread.add(index);
      else mentioned.push(...found);
    }
  });
  const { components, gaps } = settleComponents(mentioned, []);
  const os = readOs(lines);
  return {
    software: {
      os,
      format: 'none',
      packages: [],
      components,
      runningKernel: null,
      fips: null,
      binaries: [],
      updates: [...updates].sort(compareText),
    },
    buildDate: readBuildDate(lines),
    gaps: [
      ...(os === null ? [UNKNOWN_OS] : []),
      ...(updates.size === 0 ? [NO_UPDATES] : []),
      ...unread.gaps(path),
      ...gaps,
    ],
  };
}

const UNKNOWN_OS: Gap = {
  code: 'unknown-os',
  detail: 'The release notes do not say which Windows build the image has, so no advisory can be applied.',
  subjects: [],
};

const NO_UPDATES: Gap = {
  code: 'bad-evidence',
  detail: 'The release notes list no installed updates; those of the image are not known.',
  subjects: [],
};

function readOs(lines: readonly string[]): OsRelease | null {
  const fields = new Map<string, string>();
  for (const line of lines) {
    const match = /^\s{1,8}OS (Name|Version) *: ([^\s\p{Cc}][^\p{Cc}]{0,120})$/u.exec(line);
    if (match !== null) fields.set(match[1] ?? '', (match[2] ?? '').trim());
  }
  const versionId = fields.get('Version') ?? '';
  if (!/^[0-9]{5}\.[0-9]{1,6}$/.test(versionId)) return null;
  return { id: 'windows', versionId, prettyName: fields.get('Name') ?? 'Windows Server', variantId: null };
}

function readBuildDate(lines: readonly string[]): string | null {
  for (const line of lines) {
    const match = /^Build Number: ([0-9]{4})([0-9]{2})([0-9]{2})\./.exec(line);
    if (match !== null) return isoDay(`${match[1]}-${match[2]}-${match[3]}`);
  }
  return null;
}

function readContainerd(line: string): readonly Mention[] | null {
  const match = /^Version: ctr \S{1,80} v?([0-9][0-9A-Za-z.+~-]{0,80})$/.exec(line);
  return match === null
    ? null
    : [{ name: 'containerd', version: match[1] ?? '', role: 'installed', path: null }];
}

const CACHE = 'c:\\akse-cache\\';
const KUBERNETES = /^(?:win-k8s|private-packages)\\v?([0-9][0-9A-Za-z.+-]*)\.zip$/;
const ARCHIVE =
  /^(?:[a-z-]+\\)?([A-Za-z][A-Za-z.-]*?)(?:-windows-amd64)?[-_.]v?([0-9]+\.[0-9A-Za-z.+-]*?)(?:[-_](?:windows-)?amd64)?(?:_[A-Za-z0-9]+)?\.(?:zip|tar\.gz|nupkg)$/;
const NUGET = /^wcn\\install\\components\\([A-Za-z][A-Za-z0-9.-]*?)\.([0-9]+(?:\.[0-9]+){2,3})\\/;
/** Until 2023 the archives of containerd were numbered by themselves; this is not containerd's version. */
const NUMBERED_CONTAINERD = /^containerd\\containerd-v0\.0\.[0-9]+-windows-amd64\.tar\.gz$/;
const PROGRAM = /\.(?:exe|dll|sys|zip|gz|nupkg|msi)$/;
/** AKS' own scripts, which the node runs whatever their version. */
const SCRIPTS = /^(?:aks-windows-cse-scripts|signedscripts)-/;

/** Reads a line `c:\akse-cache\<file> <sha256> <size>`. Null for a program of no known name. */
function readCached(line: string): readonly Mention[] | null {
  if (!line.startsWith(CACHE)) return [];
  const file = line.slice(CACHE.length).split(/ /, 1)[0] ?? '';
  if (!/^[!-~]{1,200}$/.test(file)) return null;
  if (SCRIPTS.test(file)) return [];
  const kubernetes = KUBERNETES.exec(file)?.[1];
  if (kubernetes !== undefined) return [cached('win-k8s', kubernetes)];
  if (NUMBERED_CONTAINERD.test(file)) return [cached('containerd', null)];
  const named = NUGET.exec(file) ?? ARCHIVE.exec(file);
  if (named !== null) return [cached(named[1] ?? '', named[2] ?? null)];
  if (!PROGRAM.test(file)) return [];
  const parts = file.split('\\');
  return [cached((parts.length > 1 ? parts[0] : file) ?? file, null)];
}

function cached(name: string, version: string | null): Mention {
  return { name: name.toLowerCase(), version, role: 'cached', path: null };
}
