import { isDeepStrictEqual } from 'node:util';
import { randomSuffix } from '../nodes/identity.ts';
import { writeNode } from '../nodes/write.ts';
import { type Budget, instant, type KubeBody, keyOf, type Pod } from '../objects.ts';
import { groupVersion } from '../resources.ts';
import type { Controllers } from '../workloads/controllers.ts';
import { checkPreconditions, type DeleteOptions, graceOf } from '../workloads/deletion.ts';
import { type Evicting, evict } from '../workloads/eviction.ts';
import { NAMESPACES } from '../workloads/plans.ts';
import type { World } from '../world.ts';
import { type BodyRequest, parseBody, patchedBody, readDeleteOptions, readEviction } from './bodies.ts';
import { checkBudget, checkMeta, checkPod } from './checks.ts';
import { applyPatch } from './patch.ts';
import { subjectOf, type Target, targetKey } from './request.ts';
import { alreadyExists, badRequest, invalid, notFound, StatusError, stale } from './status.ts';

/** What is written, and the status to answer with. */
export interface Written {
  readonly code: number;
  readonly body: unknown;
}

/** Changes to the objects of a cluster, as the API server makes them. */
export class Writes {
  readonly #world: World;
  readonly #controllers: Controllers;
  readonly #evicting: Evicting;

  constructor(evicting: Evicting) {
    this.#evicting = evicting;
    this.#world = evicting.world;
    this.#controllers = evicting.controllers;
  }

  /** @throws StatusError 400, 404, 409, 422 */
  create(target: Target, request: BodyRequest): Written {
    const { cluster, resource, namespace } = target;
    const given = parseBody(target, request);
    if (namespace === null || !NAMESPACES.some((each) => each === namespace))
      throw notFound({ group: '', resource: 'namespaces', kind: 'Namespace', name: namespace ?? '' });
    const random = this.#world.core.random(`object ${cluster.id} ${cluster.resourceVersion}`);
    const { generateName } = given.metadata;
    const name =
      given.metadata.name || (typeof generateName === 'string' ? generateName + randomSuffix(random) : '');
    const named: Target = { ...target, name };
    const metadata = checkMeta(given, { namespace, subject: subjectOf(named) });
    if (this.#world.find(cluster, resource.name, targetKey(named)) !== undefined)
      throw alreadyExists(subjectOf(named));
    if (metadata.resourceVersion)
      throw new StatusError(500, 'resourceVersion should not be set on objects to be created');
    const made = {
      ...metadata,
      ...{ name, namespace, uid: random.guid(), generation: 1, resourceVersion: '' },
      creationTimestamp: instant(this.#world.core.now()),
    };
    if (resource.name === 'pods') {
      const spec = checkPod(given.spec, subjectOf(named));
      const pod: Pod = {
        ...typed(target),
        metadata: made,
        spec,
        status: { phase: 'Pending', qosClass: 'BestEffort' },
      };
      if (request.dryRun) return { code: 201, body: pod };
      const created = this.#world.put(cluster, 'pods', pod) as Pod;
      this.#controllers.adopt(cluster, created);
      return { code: 201, body: created };
    }
    const spec = checkBudget(given.spec, subjectOf(named));
    const status = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
    const budget: Budget = { ...typed(target), metadata: made, spec, status };
    if (request.dryRun) return { code: 201, body: budget };
    const created = this.#world.put(cluster, resource.name, budget);
    this.#controllers.observeLater(cluster, keyOf(created));
    return { code: 201, body: created };
  }

  /** PATCH. @throws StatusError 400, 404, 409, 415, 422 */
  patch(target: Target, request: BodyRequest): Written {
    const before = this.#existing(target);
    const wanted = patchedBody(target, applyPatch(before, request.mediaType, request.text));
    return this.#update(target, { before, wanted, dryRun: request.dryRun });
  }

  /** PUT. @throws StatusError 400, 404, 409, 422 */
  replace(target: Target, request: BodyRequest): Written {
    const wanted = parseBody(target, request);
    return this.#update(target, { before: this.#existing(target), wanted, dryRun: request.dryRun });
  }

  /** @throws StatusError 404, 409 */
  remove(target: Target, request: BodyRequest): Written {
    const options = readDeleteOptions(request);
    const { cluster, resource, name } = target;
    const before = this.#existing(target);
    const subject = subjectOf(target);
    checkPreconditions(before, options, subject);
    if (resource.name === 'pods') return { code: 200, body: this.#removePod(target, before as Pod, options) };
    if (!options.dryRun) this.#world.remove(cluster, resource.name, targetKey(target));
    const details = { name, group: resource.group, kind: resource.name, uid: before.metadata.uid };
    return {
      code: 200,
      body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details },
    };
  }

  /** @throws StatusError 400, 403, 404, 409, 429, 500 */
  evict(target: Target, request: BodyRequest): Written {
    const options = readEviction(target, request);
    evict(this.#evicting, target.cluster, { key: targetKey(target), options });
    return {
      code: 201,
      body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 },
    };
  }

  #removePod({ cluster }: Target, pod: Pod, options: DeleteOptions): Pod {
    if (options.dryRun) return pod;
    return this.#controllers.terminate(cluster, pod, { grace: graceOf(pod, options), reason: null });
  }

  #existing(target: Target): KubeBody {
    const body = this.#world.find(target.cluster, target.resource.name, targetKey(target));
    if (body === undefined) throw notFound(subjectOf(target));
    return body;
  }

  #update(
    target: Target,
    { before, wanted, dryRun }: { before: KubeBody; wanted: KubeBody; dryRun: boolean },
  ): Written {
    const { cluster, resource, name, namespace } = target;
    const subject = subjectOf(target);
    if (!wanted.metadata.name)
      throw badRequest(
        `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
      );
    const metadata = checkMeta(wanted, { namespace, subject });
    if (metadata.name !== name)
      throw badRequest(
        `the name of the object (${metadata.name}) does not match the name on the URL (${name})`,
      );
    const { resourceVersion, uid } = metadata;
    if (resourceVersion && resourceVersion !== before.metadata.resourceVersion) throw stale(subject);
    if (uid && uid !== before.metadata.uid) {
      const message = `Invalid value: "${uid}": field is immutable`;
      throw invalid(subject, { reason: 'FieldValueInvalid', message, field: 'metadata.uid' });
    }
    if (resource.name === 'nodes') return { code: 200, body: this.#updateNode(target, wanted, dryRun) };
    const spec = checkBudget(wanted.spec, subject);
    const changed = !isDeepStrictEqual(spec, before.spec);
    const generation = (before.metadata.generation ?? 1) + (changed ? 1 : 0);
    const { labels, annotations } = metadata;
    const kept = {
      ...before.metadata,
      generation,
      ...(labels && { labels }),
      ...(annotations && { annotations }),
    };
    const after: KubeBody = { ...before, metadata: kept, spec };
    if (dryRun || isDeepStrictEqual(after, before)) return { code: 200, body: after };
    const put = this.#world.put(cluster, resource.name, after);
    if (changed) this.#controllers.observeLater(cluster, keyOf(put));
    return { code: 200, body: put };
  }

  #updateNode({ cluster, name }: Target, wanted: KubeBody, dryRun: boolean): KubeBody {
    const node = this.#world.node(cluster, name ?? '');
    if (node === undefined) throw new RangeError(`node ${name} is gone`);
    if (dryRun) {
      writeNode(this.#world, structuredClone(node), wanted);
      return wanted;
    }
    if (writeNode(this.#world, node, wanted)) {
      this.#world.putNode(cluster, node);
      this.#controllers.settle(cluster);
    }
    return this.#world.find(cluster, 'nodes', node.name) ?? wanted;
  }
}

function typed({ resource }: Target): { kind: string; apiVersion: string } {
  return { kind: resource.kind, apiVersion: groupVersion(resource) };
}
