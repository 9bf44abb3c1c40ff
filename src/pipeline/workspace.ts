import { existsSync } from 'node:fs';
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
  #advisories: Advisories | null = null;
  #catalogue: Catalogue | null = null;

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
    this.#advisories ??= openAdvisories(this.#inUse(this.advisoriesPath, ADVISORIES));
    return this.#advisories;
  }

  /** @throws NodewardError catalogue-missing, catalogue-unusable */
  catalogue(): Catalogue {
    this.#catalogue ??= openCatalogue(this.#inUse(this.cataloguePath, CATALOGUE));
    return this.#catalogue;
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
    this.#advisories?.close();
    this.#catalogue?.close();
  }

  #inUse(own: string, name: string): string {
    return existsSync(own) ? own : join(this.paths.snapshotDir, name);
  }
}
