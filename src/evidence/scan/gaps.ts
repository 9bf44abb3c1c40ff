import type { Gap, GapCode } from '../../model/gap.ts';
import type { KernelReport, ReaderReport } from '../../model/scan.ts';
import type { GoBinary, SoftwareList } from '../../model/software.ts';
import { READER_IDS, type ReaderId } from '../readers/types.ts';
import { isConfirmed } from './components.ts';
import type { PackageList, Told } from './types.ts';

/** What the software list was made of. */
interface Made {
  readonly software: SoftwareList;
  readonly readers: readonly ReaderReport[];
  readonly kernels: KernelReport;
  readonly databases: readonly PackageList[];
  /** Programs of node components whose version nobody states. */
  readonly untold: readonly GoBinary[];
}

const LOST: Readonly<Record<ReaderId, string>> = {
  'os-release': 'the operating system is not known for certain',
  dpkg: 'packages may be missing from the result',
  rpm: 'packages may be missing from the result',
  apk: 'packages may be missing from the result',
  kernel: 'installed kernels may be missing from the result',
  'go-binary': 'programs and their modules may be missing from the result',
};

/** Every reason why the list of a scan may lack something that is on the machine. */
export function scanGaps(told: Told, made: Made): readonly Gap[] {
  return [
    ...told.opened.gaps,
    ...limit(told),
    ...unread(told, made),
    ...packages(told, made),
    ...kernel(made),
    ...versions(made),
    ...notSearched(told),
  ];
}

function gap(code: GapCode, detail: string, subjects: readonly string[] = []): Gap[] {
  return [{ code, detail, subjects }];
}

function limit({ ended }: Told): Gap[] {
  if (ended === null) return [];
  return gap(
    'limit-reached',
    `The scan was ended before everything was read: ${ended}. What it found until then is shown.`,
  );
}

function unread({ opened, results, ownerProblems }: Told, { readers }: Made): Gap[] {
  const gaps = readers.flatMap(({ reader, status, problems }) => {
    if (status !== 'partial' && status !== 'failed') return [];
    const what = status === 'failed' ? 'could not be read' : 'could only be read in part';
    return gap('unreadable-files', `Evidence of ${reader} ${what}: ${LOST[reader as ReaderId]}.`, problems);
  });
  const missing = opened.fileSystem === null ? [] : READER_IDS.filter((id) => !results.has(id));
  if (missing.length > 0)
    gaps.push(
      ...gap('unreadable-files', 'The scan ended before these kinds of evidence were read.', missing),
    );
  if (ownerProblems.length > 0) {
    const detail = 'It could not be read which packages some programs belong to.';
    gaps.push(
      ...gap(
        'unreadable-files',
        detail,
        ownerProblems.map(({ place, why }) => `${place}: ${why}`),
      ),
    );
  }
  return gaps;
}

const DATABASES: readonly ReaderId[] = ['dpkg', 'rpm', 'apk'];

function packages({ results }: Told, { software, databases }: Made): Gap[] {
  const others = databases.filter(({ format }) => format !== software.format);
  const extra = others.flatMap(({ format, list }) =>
    list.length === 0
      ? []
      : gap(
          'not-searched',
          `${list.length} packages of a second package manager (${format}) were not assessed.`,
        ),
  );
  if (software.packages.length > 0) return extra;
  const absent = DATABASES.every((id) => results.get(id)?.outcome.status === 'absent');
  const looked = DATABASES.flatMap((id) => results.get(id)?.looked ?? []);
  const why = absent ? `No package database was found (${looked.join(', ')})` : 'No packages could be read';
  return [
    ...extra,
    ...gap('no-package-list', `${why}, so the packages of the operating system were not assessed.`),
  ];
}

/** A running kernel without its package is one whose vulnerabilities nobody looks up. */
function kernel({ kernels: { installed, running } }: Made): Gap[] {
  if (running === null || installed.includes(running)) return [];
  const detail =
    'The running kernel is not among the installed ones, so its vulnerabilities are not known. In a container, it is the one of the host.';
  return gap('bad-evidence', detail, [running]);
}

function versions({ software, untold }: Made): Gap[] {
  const { binaries, packages } = software;
  const gaps: Gap[] = [];
  if (untold.length > 0) {
    const detail = 'These programs of node components do not say their version, so they were not assessed.';
    gaps.push(
      ...gap(
        'unknown-component',
        detail,
        untold.map(({ path, component }) => `${path} (${component})`),
      ),
    );
  }
  const guessed = binaries.filter(
    (binary) => binary.versionOrigin === 'strings' && !isConfirmed(binary, packages),
  );
  if (guessed.length > 0) {
    const detail =
      'The versions of these programs were read from texts in them that look like one, as they state none.';
    gaps.push(
      ...gap(
        'heuristic-version',
        detail,
        guessed.map(({ path, version }) => `${path} ${version ?? ''}`),
      ),
    );
  }
  return gaps;
}

function notSearched({ allFiles, opened }: Told): Gap[] {
  if (opened.fileSystem === null) return [];
  const languages =
    'Python, Node.js, Java and other language packages, snaps and container images are not looked for';
  const places = allFiles ? '' : '; Go programs only where nodes keep them (see --all-files)';
  return gap('not-searched', `${languages}${places}.`);
}
