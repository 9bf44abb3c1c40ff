import { digestOf } from '../../evidence/images/digest.ts';
import type { Drift, Evidence } from '../../model/coverage.ts';
import type { StoredNode } from '../../model/inventory.ts';
import type { SoftwareList } from '../../model/software.ts';
import { sbomEvidence } from '../assess.ts';
import { otherSystem } from './reported.ts';
import type { Fleet } from './types.ts';
import { findNode } from './views.ts';

/**
 * Takes an SBOM as evidence of one node. One of another operating system than the node reports is kept, with low
 * confidence.
 * @param node name or id
 * @throws NodewardError scope-unknown, of reading or parsing the file, inventory-busy, file-unwritable
 */
export async function importSbom(fleet: Fleet, node: string, path: string): Promise<Evidence> {
  const { inventory, clock } = fleet;
  const stored = findNode(fleet, node);
  const read = await sbomEvidence(path);
  const software = { ...read.software, runningKernel: stored.kernel ?? read.software.runningKernel };
  const drift = contradictions(software, stored);
  const evidence: Evidence = {
    node: stored.id,
    source: 'sbom',
    takenAt: clock.now().toISOString(),
    uid: stored.uid,
    image: stored.image,
    software: digestOf(software),
    confidence: drift.length > 0 || software.os === null ? 'low' : 'high',
    complete: !read.gaps.some(({ code }) => code === 'no-package-list' || code === 'bad-evidence'),
    drift,
    gaps: read.gaps,
  };
  inventory.write((writer) => {
    writer.putSoftware(evidence.software, software);
    writer.putEvidence([evidence]);
  });
  return evidence;
}

function contradictions({ os }: SoftwareList, node: StoredNode): readonly Drift[] {
  if (os === null || !otherSystem(node, os)) return [];
  const image = os.prettyName || `${os.id} ${os.versionId}`;
  return [{ what: 'operating system', image, node: node.osImage ?? node.kernel ?? '' }];
}
