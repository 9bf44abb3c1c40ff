import { hash } from 'node:crypto';
import type { Occurrence } from '../../../model/recommendation.ts';
import type { ReportedPool } from '../../../pipeline/report.ts';

/** A reference to a pool that stays the same from one report to the next. */
export function poolRef({ pool }: Pick<ReportedPool, 'pool'>): string {
  return `pool:${hash('sha256', pool).slice(0, 16)}`;
}

/** The package URL of what a finding is in, without what is not known of it: its architecture and release. */
export function occurrenceUrl(occurrence: Occurrence, family: string | null): string {
  const { kind, package: name, installed, source } = occurrence;
  const version = encodeURIComponent(installed);
  if (kind === 'go-module') return golang(name, version);
  if (kind === 'component')
    return /^[\w.-]+\.\w+\/./.test(source)
      ? golang(source, version)
      : `pkg:generic/${encodeURIComponent(name)}@${version}`;
  return `pkg:${distributionOf(occurrence, family)}/${encodeURIComponent(name)}@${version}`;
}

function golang(path: string, version: string): string {
  return `pkg:golang/${path.split('/').map(encodeURIComponent).join('/')}@${version}`;
}

/** By the family of the image; where that is not known by who made the advisory. */
function distributionOf({ feed }: Occurrence, family: string | null): string {
  if (family?.startsWith('AKSCBLMariner') === true) return 'rpm/mariner';
  if (feed === 'azure-linux' || family?.startsWith('AKSAzureLinux') === true) return 'rpm/azurelinux';
  return 'deb/ubuntu';
}
