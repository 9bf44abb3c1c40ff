import { digestOf } from '../../evidence/images/digest.ts';
import type { Drift, Evidence } from '../../model/coverage.ts';
import type { StoredNode } from '../../model/inventory.ts';
import type { SoftwareList } from '../../model/software.ts';
import { sbomEvidence } from '../assess.ts';
import { kernelDrift } from './kernels.ts';
import { otherSystem, reportedBy } from './reported.ts';
import type { Fleet } from './types.ts';
import { findNode } from './views.ts';

/**
 * Takes an SBOM as evidence of one node. One of another operating system, or without the kernel that the node runs, is kept
 * with low confidence.
 * @param node name or id
 * @throws NodewardError scope-unknown, of reading or parsing the file, store-busy, file-unwritable
 */
export async function importSbom(fleet: Fleet, node: string, path: string): Promise<Evidence> {
  const { store, clock } = fleet;
  const stored = await findNode(fleet, node);
  const read = await sbomEvidence(path);
  const software = { ...read.software, runningKernel: stored.kernel ?? read.software.runningKernel };
  const drift = contradictions(read.software, stored);
  const evidence: Evidence = {
    node: stored.id,
    source: 'sbom',
    takenAt: clock.now().toISOString(),
    uid: stored.uid,
    image: stored.image,
    reported: reportedBy(stored),
    software: digestOf(software),
    confidence: drift.length > 0 || software.os === null ? 'low' : 'high',
    complete: !read.gaps.some(({ code }) => code === 'no-package-list' || code === 'bad-evidence'),
    drift,
    gaps: read.gaps,
  };
  await store.write(async ({ inventory }) => {
    await inventory.putSoftware(evidence.software, software);
    await inventory.putEvidence([evidence]);
  });
  return evidence;
}

/** What shows that the SBOM is of another machine, or of this one at another time. */
function contradictions(software: SoftwareList, node: StoredNode): readonly Drift[] {
  const { os } = software;
  if (os === null || !otherSystem(node, os)) return kernelDrift(software, node);
  const image = os.prettyName || `${os.id} ${os.versionId}`;
  return [{ what: 'operating system', image, node: node.osImage ?? node.kernel ?? '' }];
}
