import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../../../base/clock.ts';
import { NodewardError } from '../../../../base/errors.ts';
import type { Node, NodePool, Subscription } from '../../../../model/fleet.ts';
import { short } from '../../../kubernetes/problems.ts';
import type { DiskAccess, DiskRefusal, Leftover, OpenedDisk, Problem, Run } from '../../../types.ts';
import type { Azure } from '../azure.ts';
import { computePlace, machinePlace, subscriptionGuid } from '../ids.ts';
import { itemsOf } from '../paging.ts';
import { assignRole, problemCode, statusOf } from '../problems.ts';
import { locateDisk, poolRefusal } from './locate.ts';
import { refusalOf } from './refusals.ts';
import {
  createSnapshot,
  deleteSnapshot,
  grantAccess,
  newSnapshotName,
  type SnapshotPlace,
  snapshotId,
  TAGS,
  workOn,
} from './snapshot.ts';

/** What reading disks works with. */
export interface DiskSettings {
  readonly azure: Azure;
  /** Resource group for snapshots, in each node's own subscription. */
  readonly group: string;
  readonly installation: string;
  readonly clock: Clock;
}

/** Twice the time a URL is good for. */
const ABANDONED_MS = 2 * 3_600_000;
const DELETE_ATTEMPTS = 3;

/** Reads disks of nodes through incremental snapshots. */
export class AzureDisks implements DiskAccess {
  readonly #settings: DiskSettings;

  constructor(settings: DiskSettings) {
    this.#settings = settings;
  }

  async open(node: Node, pool: NodePool, run: Run): Promise<OpenedDisk | DiskRefusal> {
    const { azure, group } = this.#settings;
    const refusal = poolRefusal(pool);
    if (refusal !== null) return refusal;
    const machine = machinePlace(node.id);
    if (machine === null) return notAMachine();
    const place = { subscription: machine.subscription, resourceGroup: group, name: newSnapshotName() };
    try {
      const compute = await azure.compute(machine.subscription, run.signal);
      const disk = await locateDisk(compute, machine);
      if ('reason' in disk) return disk;
      return await this.#snapshot({ disk, node, place, run });
    } catch (thrown) {
      run.signal.throwIfAborted();
      return refusalOf(thrown, group);
    }
  }

  async #snapshot(of: {
    disk: { id: string; region: string };
    node: Node;
    place: SnapshotPlace;
    run: Run;
  }): Promise<OpenedDisk | DiskRefusal> {
    const { azure, clock, group, installation } = this.#settings;
    const { disk, node, place, run } = of;
    try {
      const work = await workOn(azure, place, run.signal);
      await createSnapshot(work, { disk, node, installation, at: clock.now() });
      const url = await grantAccess(work, azure.endpoint);
      let released: Promise<readonly Problem[]> | null = null;
      const release = (): Promise<readonly Problem[]> => {
        released ??= this.#discard(place, node.id);
        return released;
      };
      return { url, release };
    } catch (thrown) {
      // A request that failed here may still have been carried out there.
      const [left] = await this.#discard(place, node.id);
      // What is left is told also where the run was interrupted.
      if (left === undefined) run.signal.throwIfAborted();
      const refusal = refusalOf(thrown, group);
      return left === undefined ? refusal : { ...refusal, left };
    }
  }

  /** Deletes a snapshot, whatever was interrupted, and says where it could not. */
  async #discard(place: SnapshotPlace, scope: string): Promise<readonly Problem[]> {
    const { azure } = this.#settings;
    let last: unknown;
    for (let attempt = 0; attempt < DELETE_ATTEMPTS; attempt++) {
      try {
        if (attempt > 0) await sleep(azure.patience.backoffMs * 2 ** attempt);
        // Not the run's signal: what was made is taken away also where the run was interrupted.
        await deleteSnapshot(await workOn(azure, place, new AbortController().signal));
        return [];
      } catch (thrown) {
        if (statusOf(thrown) === 404) return [];
        last = thrown;
      }
    }
    const id = snapshotId(place);
    return [
      {
        scope,
        code: problemCode(last) ?? 'failed',
        detail: `Snapshot ${place.name} could not be deleted: ${short(last)}`,
        remedy: `The next sync tries again; to delete it now: az snapshot delete --ids ${id}`,
      },
    ];
  }

  /** @throws NodewardError cloud-failed where they cannot be listed */
  async leftovers(subscription: Subscription, run: Run, idle: boolean): Promise<readonly Leftover[]> {
    const { azure, clock, group, installation } = this.#settings;
    const found: Leftover[] = [];
    try {
      const compute = await azure.compute(subscriptionGuid(subscription.id) ?? '', run.signal);
      for await (const snapshot of itemsOf(compute.snapshots.listByResourceGroup(group))) {
        const madeAt = snapshot.tags?.[TAGS.made] ?? null;
        const owner = snapshot.tags?.[TAGS.installation];
        if (snapshot.id === undefined || owner === undefined) continue;
        const since = Date.parse(madeAt ?? '') || (snapshot.timeCreated?.getTime() ?? Number.NaN);
        if ((idle && owner === installation) || clock.now().getTime() - since > ABANDONED_MS)
          found.push({ id: snapshot.id, madeAt: isoOf(madeAt) });
      }
      return found;
    } catch (thrown) {
      run.signal.throwIfAborted();
      // Without the resource group there are no snapshots.
      if (statusOf(thrown) === 404) return [];
      if (problemCode(thrown) === null) throw thrown;
      const detail = `Snapshots of earlier scans in ${subscription.name} cannot be listed: ${short(thrown)}`;
      throw new NodewardError('cloud-failed', detail, {
        cause: thrown,
        ...(statusOf(thrown) === 403 ? { remedy: assignRole('nodeward-snapshots.json') } : {}),
      });
    }
  }

  async remove(leftover: Leftover, run: Run): Promise<Problem | null> {
    run.signal.throwIfAborted();
    const place = computePlace(leftover.id, 'snapshots');
    const { group } = this.#settings;
    if (place === null || place.resourceGroup.toLowerCase() !== group.toLowerCase()) {
      return {
        scope: leftover.id,
        code: 'malformed',
        detail: `${leftover.id} is no snapshot in ${group}`,
        remedy: 'Nothing was deleted; run the sync again.',
      };
    }
    const [problem] = await this.#discard(place, `/subscriptions/${place.subscription}`);
    return problem ?? null;
  }
}

function notAMachine(): DiskRefusal {
  return {
    reason: 'scan-failed',
    detail: "It names no machine of its cluster's resource group",
    remedy: 'Nothing has to be done: it is assessed by its image.',
  };
}

function isoOf(text: string | null): string | null {
  const at = Date.parse(text ?? '');
  return Number.isNaN(at) ? null : new Date(at).toISOString();
}
