import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { openCatalogue } from '../../../src/evidence/images/catalogue/open.ts';
import type { Catalogue } from '../../../src/evidence/images/index.ts';
import { buildPastCatalogue } from '../../../src/evidence/images/index.ts';
import { mostOf } from '../../../src/findings/index.ts';
import type { Node, NodePool } from '../../../src/model/fleet.ts';
import type { StoredNode, StoredPool } from '../../../src/model/inventory.ts';
import { CandidateMaker } from '../../../src/pipeline/findings/candidates.ts';
import { ImageEvidenceMaker } from '../../../src/pipeline/fleet/image-evidence.ts';
import { sandboxImages } from '../../../src/pipeline/sandbox-images.ts';
import { SNAPSHOT } from '../../matching/support.ts';
import { cluster, day, node, pool, scratch } from '../../storage/support.ts';

const FAMILY = 'AKSUbuntu-2204gen2containerd';
const OLD = `${FAMILY}-202402.26.0`;

const sighting = { firstSeen: day(1), lastSeen: day(1), gone: null };
const of = pool(cluster('prod'), 'np1');

function stored(more: Partial<NodePool> = {}): StoredPool {
  return { ...of, ...more, ...sighting, latestAsked: null, privileged: null };
}

function nodes(...each: readonly Partial<Node>[]): readonly StoredNode[] {
  return each.map((more, index) => ({ ...node(of, index, more), ...sighting }));
}

describe('what could replace the image of a pool', () => {
  let catalogue: Catalogue;
  let maker: CandidateMaker;
  before(async () => {
    const path = join(scratch(), 'images.db');
    await buildPastCatalogue({ current: join(SNAPSHOT, 'images.db'), day: '2024-08-09', catalogue: path });
    catalogue = openCatalogue(path);
    maker = new CandidateMaker(catalogue);
  });

  it('is the image its region offers, and the newest of its family', () => {
    const offered = `${FAMILY}-202407.08.0`;
    const found = maker.of(stored({ latestImage: offered }), nodes({ image: OLD }));
    assert.equal(found.get('offered')?.image, offered);
    const newest = catalogue
      .images()
      .filter(({ family }) => family === FAMILY)
      .at(-1)?.name;
    assert.equal(found.get('newest')?.image, newest);
    assert.notEqual(found.get('offered')?.list?.digest, found.get('newest')?.list?.digest);
  });

  it('has the list that nodes will have after the upgrade, to the digest', () => {
    const evidence = new ImageEvidenceMaker(catalogue);
    const { images } = sandboxImages(catalogue);
    const recent = images.filter(
      ({ buildDate, kubelets }) => buildDate > '2024-06-01' && kubelets.length > 0,
    );
    let compared = 0;
    for (const { name, osImage, kernel, kubelets, containerd } of recent) {
      const os = name.includes('Windows') ? ('windows' as const) : ('linux' as const);
      const kubelet = `v${kubelets.at(-1)}`;
      const upgraded = { image: name, os, osImage, kernel, kubelet };
      const list = evidence.of({
        ...upgraded,
        containerRuntime: containerd === null ? null : `containerd://${containerd}`,
      });
      const found = maker.of(stored({ os, latestImage: name }), nodes({ image: name, os, kubelet }));
      if (found.get('offered')?.list === null) continue;
      assert.equal(found.get('offered')?.list?.digest, list?.digest, name);
      compared++;
    }
    assert.ok(compared > 50);
  });

  it('has the kubelet that most nodes have, else that of the pool', () => {
    const kubeletOf = (found: ReturnType<CandidateMaker['of']>): string | undefined =>
      found
        .get('newest')
        ?.list?.software.components.find(({ name, role }) => name === 'kubelet' && role === 'installed')
        ?.version;
    const mixed = nodes({ kubelet: 'v1.29.2' }, { kubelet: 'v1.28.5' }, { kubelet: 'v1.28.5' });
    assert.equal(kubeletOf(maker.of(stored(), mixed)), '1.28.5');
    assert.equal(
      kubeletOf(maker.of(stored({ kubernetesVersion: '1.29.2' }), nodes({ kubelet: null }))),
      '1.29.2',
    );
  });

  it('is nothing where no node names an image', () => {
    assert.equal(maker.of(stored({ latestImage: OLD }), []).size, 0);
    assert.equal(maker.of(stored({ latestImage: OLD }), nodes({ image: null })).size, 0);
  });

  it('is known by name alone where the catalogue does not have it, or not its packages', () => {
    const unknown = maker.of(stored({ latestImage: `${FAMILY}-203001.01.0` }), nodes({ image: OLD }));
    assert.deepEqual(unknown.get('offered'), { image: `${FAMILY}-203001.01.0`, list: null });
    assert.deepEqual(unknown.get('newest'), unknown.get('offered'), 'the catalogue ends before it');
    const other = maker.of(stored(), nodes({ image: 'AKSUbuntu-9904containerd-202402.26.0' }));
    assert.equal(other.size, 0);
  });

  it('is no image that is older than the one that runs', () => {
    const found = maker.of(stored(), nodes({ image: `${FAMILY}-203001.01.0` }));
    assert.equal(found.has('newest'), false);
  });

  it('is the image that runs where the region offers an older one: no pool goes back', () => {
    const runs = `${FAMILY}-202407.08.0`;
    const found = maker.of(stored({ latestImage: OLD }), nodes({ image: runs }));
    assert.equal(found.get('offered')?.image, runs);
    const patched = maker.of(stored({ latestImage: runs }), nodes({ image: `${runs}-2024.07.20` }));
    assert.equal(patched.get('offered')?.image, `${runs}-2024.07.20`);
    const other = maker.of(
      stored({ latestImage: runs }),
      nodes({ image: 'AKSUbuntu-2004gen2fipscontainerd-202408.05.0' }),
    );
    assert.equal(other.get('offered')?.image, runs, 'of another family none is older');
  });

  it('is of the family of most nodes', () => {
    const azure = catalogue.images().find(({ family }) => family === 'AKSAzureLinux-V2gen2')?.name ?? '';
    const found = maker.of(stored(), nodes({ image: azure }, { image: azure }, { image: OLD }));
    assert.match(found.get('newest')?.image ?? '', /^AKSAzureLinux-V2gen2-/);
  });
});

describe('what most of them are', () => {
  it('does not depend on their order', () => {
    assert.equal(mostOf(['a', 'b', 'b']), 'b');
    assert.equal(mostOf(['b', 'a']), 'b');
    assert.equal(mostOf(['a', 'b']), 'b');
    assert.equal(mostOf([null, 'a', null]), 'a');
    assert.equal(mostOf([null]), null);
    assert.equal(mostOf([]), null);
  });
});
