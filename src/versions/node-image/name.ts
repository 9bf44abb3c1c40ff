import { MAX_VERSION_LENGTH } from '../outcome.ts';

/** The version of a node image, taken apart. */
export interface NodeImageVersion {
  /** The Windows build (`20348`), one per Windows release; `null` for a Linux node image. */
  readonly build: string | null;
  /** The ISO date of the image. */
  readonly date: string;
  /** What orders it within one build, most significant first. */
  readonly order: readonly number[];
}

/** The full name of an AKS node image, `gallery-definition-version[-live]`, taken apart. */
export interface NodeImageName {
  readonly gallery: string;
  /** `null` for a gallery of one definition, whose names leave it out. */
  readonly definition: string | null;
  /** `gallery-definition`: the node images that succeed each other. */
  readonly family: string;
  readonly version: string;
  /** The date of the SecurityPatch snapshot a running node was patched to, such as `2024.12.01`. */
  readonly live: string | null;
}

const NAME = /^(AKS[A-Za-z]+)-(?:([0-9A-Za-z_-]+?)-)?([0-9]+\.[0-9]+\.[0-9]+)(?:-([0-9.]+))?$/;
const LINUX = /^([0-9]{4})([0-9]{2})\.([0-9]{2})\.([0-9]{1,6})(?:-([0-9]{4})\.([0-9]{2})\.([0-9]{2}))?$/;
const LINUX_BY_DAY = /^([0-9]{4})\.([0-9]{2})\.([0-9]{2})$/;
const WINDOWS = /^([0-9]{5})\.([0-9]{1,6})\.([0-9]{2})([0-9]{2})([0-9]{2})$/;

/**
 * Reads the `nodeImageVersion` of an AKS node pool or node: `AKSUbuntu-2204gen2containerd-202607.09.0`, also with
 * `:` for `-`. The gallery's own `windows-2022-containerd` and the name's `2022-containerd` are one definition.
 * `null` if the text is no such name.
 */
export function parseNodeImageName(name: string): NodeImageName | null {
  if (name.length > MAX_VERSION_LENGTH) return null;
  const match = NAME.exec(name.replaceAll(':', '-'));
  if (match === null) return null;
  const [, gallery = '', written, version = '', live] = match;
  if (parseNodeImageVersion(withLive(version, live)) === null) return null;
  const definition = (gallery === 'AKSWindows' ? written?.replace(/^windows-/, '') : written) ?? null;
  const family = definition === null ? gallery : `${gallery}-${definition}`;
  return { gallery, definition, family, version, live: live ?? null };
}

/**
 * Reads the version part of a name: Linux `YYYYMM.DD.patch`, also with a SecurityPatch snapshot
 * (`202410.27.0-2024.12.01`), the older `YYYY.MM.DD` (patch 0 of that day), or Windows `build.UBR.YYMMDD`.
 * `null` if it is none of them or a date in it does not exist.
 */
export function parseNodeImageVersion(version: string): NodeImageVersion | null {
  const windows = WINDOWS.exec(version);
  if (windows !== null) {
    const [, build = '', revision, year, month, day] = windows;
    const built = readDay(`20${year}`, month, day);
    return built === null ? null : { build, date: built.iso, order: [Number(revision), built.number] };
  }
  const linux = LINUX.exec(version) ?? LINUX_BY_DAY.exec(version);
  if (linux === null) return null;
  const [, year, month, day, patch = '0', liveYear, liveMonth, liveDay] = linux;
  const built = readDay(year, month, day);
  if (built === null) return null;
  const order = [built.number, Number(patch)];
  if (liveYear === undefined) return { build: null, date: built.iso, order };
  const live = readDay(liveYear, liveMonth, liveDay);
  return live === null ? null : { build: null, date: built.iso, order: [...order, live.number] };
}

/**
 * The ISO date a node image was built on, given its version or full name; the SecurityPatch snapshot, which dates
 * the node and not the image, does not count. `null` if the text is neither.
 */
export function nodeImageVersionDate(version: string): string | null {
  return parseNodeImageVersion(parseNodeImageName(version)?.version ?? version)?.date ?? null;
}

/** The version with its SecurityPatch snapshot, as nodes write it. */
export function withLive(version: string, live: string | null | undefined): string {
  return live === null || live === undefined ? version : `${version}-${live}`;
}

/** A day of the calendar, written and as a number that orders like it; `null` if there is no such day. */
function readDay(year = '', month = '', day = ''): { readonly iso: string; readonly number: number } | null {
  const monthNumber = Number(month);
  const dayNumber = Number(day);
  // Day 0 of the next month is the last day of this one.
  const lastDay = new Date(Date.UTC(Number(year), monthNumber, 0)).getUTCDate();
  if (monthNumber < 1 || monthNumber > 12 || dayNumber < 1 || dayNumber > lastDay) return null;
  return { iso: `${year}-${month}-${day}`, number: Number(year + month + day) };
}
