import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32, deflateRawSync } from 'node:zlib';
import {
  type Advisories,
  type AdvisorySourcePath,
  type BuildOptions,
  type BuildReport,
  buildAdvisories,
  openAdvisories,
} from '../../src/advisories/index.ts';
import { silent } from '../../src/base/log.ts';
import type { Advisory, AffectedPackage, FeedId } from '../../src/model/advisory.ts';

export const FIXTURES = fileURLToPath(new URL('../fixtures/advisories', import.meta.url));

const root = mkdtempSync(join(tmpdir(), 'nodeward-advisories-'));
process.on('exit', () => rmSync(root, { recursive: true, force: true }));

/** A folder that is gone when the process ends. */
export function scratch(): string {
  return mkdtempSync(join(root, 'test-'));
}

export function fixture(feed: FeedId): AdvisorySourcePath {
  return { feed, path: join(FIXTURES, feed) };
}

/** Writes a file below a folder, with the folders it needs. */
export function put(folder: string, path: string, content: unknown): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(
    file,
    typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content),
  );
  return file;
}

export interface Built {
  readonly advisories: Advisories;
  readonly report: BuildReport;
  readonly database: string;
}

export async function build(
  folder: string,
  sources: readonly AdvisorySourcePath[],
  more: Partial<BuildOptions> = {},
): Promise<Built> {
  const database = join(folder, 'advisories.db');
  const report = await buildAdvisories({ sources, database, progress: silent, ...more });
  const advisories = openAdvisories(database);
  return { advisories, report, database };
}

/** Builds from OSV records given as objects. */
export async function buildOsv(records: readonly unknown[]): Promise<Built> {
  const folder = scratch();
  records.forEach((record, index) => {
    put(folder, `osv/${index}.json`, record);
  });
  return build(folder, [{ feed: 'osv', path: join(folder, 'osv') }]);
}

/** What is stated about a package for one CVE, with the advisories that state it. */
export function stated(
  advisories: Advisories,
  { ecosystem, name }: { ecosystem: string; name: string },
  cve: string,
): readonly { statement: AffectedPackage; advisory: Advisory }[] {
  return advisories
    .affected(ecosystem, name)
    .flatMap((statement) =>
      statement.advisories.map((key) => ({ statement, advisory: advisories.advisory(key) })),
    )
    .filter(({ advisory }) => advisory.cve === cve);
}

/** A minimal OSV record of an Ubuntu package. */
export function ubuntuRecord(id: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id,
    modified: '2024-01-02T00:00:00Z',
    published: '2024-01-01T00:00:00Z',
    affected: [
      {
        package: { ecosystem: 'Ubuntu:22.04:LTS', name: 'openssl' },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '3.0.2-1' }] }],
      },
    ],
    ...more,
  };
}

interface ZipEntry {
  readonly name: string;
  readonly content: Buffer | string;
  /** Overrides the size the archive states. */
  readonly size?: number;
}

/** A zip archive of the entries. */
export function zip(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const { name, content, size } of entries) {
    const bytes = Buffer.from(content as string);
    const packed = deflateRawSync(bytes);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(size ?? bytes.length, 18);
    common.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    centrals.push(
      Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([20, 0]), common, tail, Buffer.from(name)]),
    );
    locals.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, central, end]);
}
