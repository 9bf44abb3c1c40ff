import { existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Advisories, openAdvisories } from '../advisories/database/reader.ts';
import { NodewardError } from '../base/errors.ts';
import { openCatalogue } from '../evidence/images/catalogue/open.ts';
import type { Catalogue } from '../evidence/images/index.ts';
import type { AdvisoryOrigin } from '../model/assessment.ts';
import type { ImageEvidence } from '../model/image.ts';

const ADVISORIES = 'advisories.db';
const CATALOGUE = 'images.db';

/** Where a workspace reads and writes. */
export interface WorkspacePaths {
  /** The one folder of everything the user built or fetched. */
  readonly dataDir: string;
  /** The folder of the snapshot that ships with the product. */
  readonly snapshotDir: string;
}

/** The folder for the user's data: the one named, else `NODEWARD_DATA_DIR`, else the platform's usual place. */
export function dataDirectory(named: string | null, env: NodeJS.ProcessEnv): string {
  const chosen = named ?? env.NODEWARD_DATA_DIR;
  if (chosen !== undefined && chosen !== '') return resolve(chosen);
  if (process.platform === 'win32')
    return join(env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'nodeward');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'nodeward');
  const base = env.XDG_DATA_HOME;
  return join(base === undefined || base === '' ? join(homedir(), '.local', 'share') : base, 'nodeward');
}

/**
 * The databases of one run, opened on first use. What the user built or fetched goes before the snapshot that
 * ships with the product.
 */
export class Workspace {
  readonly paths: WorkspacePaths;
  #advisories: Opened<Advisories> | null = null;
  #catalogue: Opened<Catalogue> | null = null;

  constructor(paths: WorkspacePaths) {
    this.paths = paths;
  }

  /** The user's own database file, whether or not it exists yet. */
  get advisoriesPath(): string {
    return join(this.paths.dataDir, ADVISORIES);
  }

  /** The user's own catalogue file, whether or not it exists yet. */
  get cataloguePath(): string {
    return join(this.paths.dataDir, CATALOGUE);
  }

  /** Whether the advisories in use are the user's own or the shipped snapshot. */
  origin(): AdvisoryOrigin {
    return existsSync(this.advisoriesPath) ? 'local' : 'snapshot';
  }

  /** Whether the catalogue in use is the user's own or the shipped snapshot. */
  catalogueOrigin(): AdvisoryOrigin {
    return existsSync(this.cataloguePath) ? 'local' : 'snapshot';
  }

  /** @throws NodewardError database-missing, database-unusable */
  advisories(): Advisories {
    this.#advisories ??= opened(this.#inUse(this.advisoriesPath, ADVISORIES), openAdvisories);
    return this.#advisories.database;
  }

  /** @throws NodewardError catalogue-missing, catalogue-unusable */
  catalogue(): Catalogue {
    this.#catalogue ??= opened(this.#inUse(this.cataloguePath, CATALOGUE), openCatalogue);
    return this.#catalogue.database;
  }

  /**
   * Lets go of databases whose files were replaced since they were opened, so that the next use opens the new ones. Who
   * still reads an old one may go on: it is closed when nobody holds it any more.
   * @returns which were replaced
   */
  reopen(): { readonly advisories: boolean; readonly catalogue: boolean } {
    const advisories = this.#isReplaced(this.#advisories, this.advisoriesPath, ADVISORIES);
    const catalogue = this.#isReplaced(this.#catalogue, this.cataloguePath, CATALOGUE);
    if (advisories) this.#advisories = null;
    if (catalogue) this.#catalogue = null;
    return { advisories, catalogue };
  }

  /** @throws NodewardError image-unknown, catalogue-missing, catalogue-unusable */
  findImage(name: string): ImageEvidence {
    const catalogue = this.catalogue();
    const found = catalogue.find(name);
    if (found !== null) return found;
    const detail = `${JSON.stringify(name)} is not in the catalogue of ${catalogue.info.images} images up to ${catalogue.info.newest}`;
    throw new NodewardError('image-unknown', detail);
  }

  close(): void {
    this.#advisories?.database.close();
    this.#catalogue?.database.close();
  }

  #isReplaced(known: Opened<unknown> | null, own: string, name: string): boolean {
    return known !== null && known.file !== fileIdentity(this.#inUse(own, name));
  }

  #inUse(own: string, name: string): string {
    return existsSync(own) ? own : join(this.paths.snapshotDir, name);
  }
}

/** A database with the file it was opened from. */
interface Opened<T> {
  readonly database: T;
  readonly file: string | null;
}

/** The file is looked at first: one that is replaced in between is then opened once more, not missed. */
function opened<T>(path: string, open: (path: string) => T): Opened<T> {
  const file = fileIdentity(path);
  return { database: open(path), file };
}

/** What tells a file from the one that replaces it; null where there is none. */
function fileIdentity(path: string): string | null {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? null : `${path} ${stat.dev} ${stat.ino} ${stat.size} ${stat.mtimeNs}`;
}
