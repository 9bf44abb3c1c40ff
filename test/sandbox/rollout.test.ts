import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lagDays, Rollout, WAVES } from '../../src/sandbox/engine/regions.ts';
import {
  AKS_VERSION,
  ask,
  clusterPath,
  imageOf,
  nodesOf,
  poolOf,
  startTestSandbox,
  type TestSandbox,
  testImages,
} from './support.ts';

const DAY = 86_400_000;
const FAMILY = 'AKSUbuntu-2204gen2containerd';

interface Releases {
  readonly regions: readonly {
    readonly region: string;
    readonly lagDays: number;
    readonly families: readonly {
      readonly family: string;
      readonly current: string;
      readonly previous: readonly string[];
    }[];
  }[];
}

/** The image of the usual family that each region has now. */
async function currentByRegion(sandbox: TestSandbox): Promise<ReadonlyMap<string, string>> {
  const { regions } = (await ask(sandbox, '/sandbox/releases', { token: null })).body as Releases;
  return new Map(
    regions.map(({ region, families }) => [
      region,
      families.find(({ family }) => family === FAMILY)?.current ?? '',
    ]),
  );
}

describe('the roll-out of images', { timeout: 60_000 }, () => {
  test('reaches region after region, by the real build dates, within two weeks', () => {
    const rollout = new Rollout(testImages());
    const image = 'AKSUbuntu-2204gen2containerd-202402.26.0';
    const times = WAVES.flatMap(({ regions }) => regions).map(
      (region) => rollout.availableAt(image, region) ?? 0,
    );
    assert.equal(times[0], Date.parse('2024-02-26'), 'canary regions have it at once');
    assert.deepEqual(
      times,
      [...times].sort((a, b) => a - b),
    );
    assert.ok((times.at(-1) ?? 0) - (times[0] ?? 0) <= 14 * DAY);
    assert.equal(lagDays('WestEurope'), lagDays('westeurope'));
    assert.equal(lagDays('nowhere'), 13);
    assert.equal(rollout.availableAt('AKSUbuntu-2204gen2containerd-209901.01.0', 'eastus'), null);
  });

  test('is seen as the clock moves: profiles offer an image on its day, not before', async (context) => {
    const sandbox = await startTestSandbox(context);
    const pool = `${await clusterPath(sandbox, 'shop-weu')}/agentPools/web`;
    const latest = async (): Promise<string> => {
      const { body } = await ask(sandbox, `${pool}/upgradeProfiles/default?${AKS_VERSION}`);
      return (body as { properties: { latestNodeImageVersion: string } }).properties.latestNodeImageVersion;
    };
    const before = await latest();
    const first = await currentByRegion(sandbox);
    assert.ok((first.get('eastus2euap') ?? '') > (first.get('eastus') ?? ''), 'canary regions are ahead');
    const seen = new Set([before]);
    for (let day = 0; day < 40; day++) {
      await sandbox.advance(DAY);
      const image = await latest();
      const built = testImages().images.find(({ name }) => name === image)?.buildDate ?? '';
      assert.ok(
        Date.parse(built) + lagDays('westeurope') * DAY <= sandbox.now().getTime(),
        `${image} too early`,
      );
      assert.equal((await currentByRegion(sandbox)).get('westeurope'), image);
      seen.add(image);
    }
    assert.ok(seen.size >= 3, [...seen].join());
  });

  test('is told with the images before the current one', async (context) => {
    const sandbox = await startTestSandbox(context);
    const { regions } = (await ask(sandbox, '/sandbox/releases')).body as Releases;
    const family = regions
      .find(({ region }) => region === 'uksouth')
      ?.families.find((each) => each.family === FAMILY);
    assert.equal(family?.current, 'AKSUbuntu-2204gen2containerd-202402.26.0');
    assert.equal(family?.previous.length, 3);
    const windows = regions
      .flatMap(({ families }) => families)
      .find((each) => each.family.startsWith('AKSWindows-2022'));
    assert.ok(windows !== undefined);
  });
});

describe('what Azure does by itself', { timeout: 120_000 }, () => {
  test('channel NodeImage: pools get the newest image, one after the other, in their window alone', async (context) => {
    const sandbox = await startTestSandbox(context);
    const cluster = await clusterPath(sandbox, 'shop-weu');
    const stateOf = async (name: string): Promise<string> =>
      (await poolOf(sandbox, `${cluster}/agentPools/${name}`)).properties.provisioningState;
    const before = (await poolOf(sandbox, `${cluster}/agentPools/web`)).properties.nodeImageVersion;
    // 2024-03-01 was a Friday; the window opens on Saturday at 01:00 in the cluster's time, +01:00.
    await sandbox.advance(Date.parse('2024-03-01T23:59:00Z') - sandbox.now().getTime());
    assert.equal((await poolOf(sandbox, `${cluster}/agentPools/web`)).properties.nodeImageVersion, before);
    await sandbox.advance(30 * 60_000);
    const busy = await Promise.all(['system', 'web', 'arm', 'win22'].map(stateOf));
    assert.equal(busy.filter((state) => state === 'UpgradingNodeImageVersion').length, 1, busy.join());
    await sandbox.advance(12 * 3_600_000);
    const after = (await poolOf(sandbox, `${cluster}/agentPools/web`)).properties.nodeImageVersion;
    assert.notEqual(after, before);
    assert.ok((await nodesOf(sandbox, cluster, 'web')).every((node) => imageOf(node) === after));
  });

  test('channel SecurityPatch: nodes are patched as they run, and their image gets the date', async (context) => {
    const sandbox = await startTestSandbox(context);
    const cluster = await clusterPath(sandbox, 'stage-weu');
    const before = await nodesOf(sandbox, cluster, 'apps');
    const { nodeImageVersion } = (await poolOf(sandbox, `${cluster}/agentPools/apps`)).properties;
    assert.ok(before.every((node) => imageOf(node) === `${nodeImageVersion}-2024.02.26`));
    await sandbox.advance(8 * DAY);
    const after = await nodesOf(sandbox, cluster, 'apps');
    assert.deepEqual(
      after.map(({ metadata }) => metadata.uid),
      before.map(({ metadata }) => metadata.uid),
    );
    assert.ok(
      after.every((node) => new RegExp(`^${nodeImageVersion}-2024\\.03\\.0\\d$`).test(imageOf(node) ?? '')),
    );
  });

  test('channel None: nothing moves', async (context) => {
    const sandbox = await startTestSandbox(context);
    const cluster = await clusterPath(sandbox, 'shop-eus');
    const before = await nodesOf(sandbox, cluster, 'system');
    await sandbox.advance(30 * DAY);
    const after = await nodesOf(sandbox, cluster, 'system');
    assert.deepEqual(
      after.map(({ metadata }) => metadata.uid),
      before.map(({ metadata }) => metadata.uid),
    );
  });

  test('channels of the Kubernetes version: patch, stable, rapid', async (context) => {
    const sandbox = await startTestSandbox(context, { start: '2024-08-09' });
    const versionOf = async (name: string): Promise<string> => {
      const { body } = await ask(sandbox, `${await clusterPath(sandbox, name)}?${AKS_VERSION}`);
      return (body as { properties: { currentKubernetesVersion: string } }).properties
        .currentKubernetesVersion;
    };
    const before = new Map([
      ['payments-uks', await versionOf('payments-uks')],
      ['data-neu', await versionOf('data-neu')],
    ]);
    await sandbox.advance(45 * DAY);
    const minor = (version = ''): string => version.split('.').slice(0, 2).join('.');
    assert.equal(
      minor(await versionOf('payments-uks')),
      minor(before.get('payments-uks')),
      'patch keeps the minor',
    );
    assert.notEqual(
      minor(await versionOf('data-neu')),
      minor(before.get('data-neu')),
      'stable moves to the minor before the newest',
    );
    const { values } = (
      await ask(
        sandbox,
        `${(await clusterPath(sandbox, 'data-neu')).split('/resourceGroups')[0]}/providers/Microsoft.ContainerService/locations/northeurope/kubernetesVersions?${AKS_VERSION}`,
      )
    ).body as { values: { version: string }[] };
    assert.equal(minor(await versionOf('data-neu')), values.at(-2)?.version);
  });

  test("short-lived nodes come and go every few hours, within the autoscaler's bounds", async (context) => {
    const sandbox = await startTestSandbox(context);
    const cluster = await clusterPath(sandbox, 'shop-eus');
    const names = new Set<string>();
    for (let hour = 0; hour < 48; hour++) {
      await sandbox.advance(3_600_000);
      const nodes = await nodesOf(sandbox, cluster, 'spot');
      assert.ok(nodes.length >= 2 && nodes.length <= 8, `${nodes.length}`);
      assert.equal((await poolOf(sandbox, `${cluster}/agentPools/spot`)).properties.count, nodes.length);
      for (const { metadata } of nodes) names.add(metadata.name);
    }
    assert.ok(names.size > 12, `${names.size} in two days`);
  });

  test('node auto-provisioning replaces machines whose image is no longer the newest', async (context) => {
    const sandbox = await startTestSandbox(context);
    const cluster = await clusterPath(sandbox, 'lab-wus2');
    const own = async (): Promise<readonly string[]> =>
      (await nodesOf(sandbox, cluster))
        .filter(({ metadata }) => metadata.labels['karpenter.sh/nodepool'] === 'default')
        .map(({ metadata }) => metadata.name)
        .sort();
    const before = await own();
    assert.equal(before.length, 4);
    await sandbox.advance(14 * DAY);
    const after = await own();
    assert.equal(after.length, 4);
    assert.ok(after.every((name) => !before.includes(name)));
  });
});
