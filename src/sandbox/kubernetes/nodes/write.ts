import { isDeepStrictEqual } from 'node:util';
import { nodeAddress } from '../../names.ts';
import type { SimNode, SimPool } from '../../types.ts';
import { isLabelKey, isLabelValue } from '../api/selectors.ts';
import { type Cause, forbidden, invalid, type Subject } from '../api/status.ts';
import type { KubeBody, Taint } from '../objects.ts';
import type { World } from '../world.ts';
import { poolTaints, stateTaints } from './body.ts';
import { baseAnnotations, baseLabels, overlay } from './labels.ts';

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
/** Labels and annotations of one node together, in characters; a node is kept in memory. */
const MAX_TEXTS = 262_144;
const MAX_TAINTS = 100;

/**
 * Writes into a node what a client changed of its object: labels, annotations, taints and `unschedulable`. Its status
 * is the kubelet's.
 * @returns whether anything changed
 * @throws StatusError 403, 422
 */
export function writeNode(world: World, node: SimNode, wanted: KubeBody): boolean {
  const pool = world.poolOf(node);
  const cluster = world.core.state.clusters.get(node.cluster);
  const subject: Subject = { group: '', resource: 'nodes', kind: 'Node', name: node.name };
  const spec = checkSpec(node, wanted.spec, subject);
  const labels = checkTexts(wanted.metadata.labels ?? {}, 'metadata.labels', subject);
  for (const [key, value] of Object.entries(labels)) checkLabel(key, value, subject);
  const annotations = checkTexts(wanted.metadata.annotations ?? {}, 'metadata.annotations', subject);
  const written = {
    labels: overlay(baseLabels(node, pool, cluster), labels),
    annotations: overlay(baseAnnotations(node, nodeAddress(node)), annotations),
    taints: ownTaints(node, pool, spec.taints),
    unschedulable: spec.unschedulable,
  };
  const { labels: l, annotations: a, taints, unschedulable } = node;
  if (isDeepStrictEqual(written, { labels: l, annotations: a, taints, unschedulable })) return false;
  Object.assign(node, written);
  return true;
}

function checkSpec(
  node: SimNode,
  spec: unknown,
  subject: Subject,
): { taints: Taint[]; unschedulable: boolean } {
  const { providerID, unschedulable = false, taints = [] } = (spec ?? {}) as Record<string, unknown>;
  if (providerID !== undefined && providerID !== `azure://${node.id}`)
    throw invalid(
      subject,
      wrong('spec.providerID', 'Invalid value: null: field cannot be modified once set'),
    );
  if (typeof unschedulable !== 'boolean')
    throw invalid(subject, wrong('spec.unschedulable', `Invalid value: ${JSON.stringify(unschedulable)}`));
  if (!Array.isArray(taints) || taints.length > MAX_TAINTS)
    throw invalid(subject, wrong('spec.taints', `Invalid value: more than ${MAX_TAINTS} taints, or no list`));
  return {
    unschedulable,
    taints: taints.map((taint, at) => checkTaint(taint, `metadata.taints[${at}]`, subject)),
  };
}

function checkTaint(taint: unknown, field: string, subject: Subject): Taint {
  const { key, value, effect } = (taint ?? {}) as Record<string, unknown>;
  if (typeof key !== 'string' || !isLabelKey(key))
    throw invalid(subject, wrong(`${field}.key`, `Invalid value: ${JSON.stringify(key)}`));
  if (value !== undefined && (typeof value !== 'string' || !isLabelValue(value)))
    throw invalid(subject, wrong(`${field}.value`, `Invalid value: ${JSON.stringify(value)}`));
  if (typeof effect !== 'string' || !EFFECTS.includes(effect))
    throw invalid(subject, {
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(effect)}: supported values: ${EFFECTS.map((each) => `"${each}"`).join(', ')}`,
      field: `${field}.effect`,
    });
  return { key, ...(value === undefined ? {} : { value }), effect };
}

/** The taints that are the client's; those of the pool must stay, as AKS sees to. */
function ownTaints(node: SimNode, pool: SimPool | null, wanted: readonly Taint[]): Taint[] {
  const id = ({ key, effect }: Taint): string => `${key}:${effect}`;
  const given = poolTaints(pool);
  const missing = given.find((taint) => !wanted.some((each) => isDeepStrictEqual(each, taint)));
  if (missing !== undefined)
    throw forbidden(
      { group: '', resource: 'nodes', name: node.name },
      `the taint ${id(missing)} was set by the node pool ${pool?.name}, and only the node pool can remove it`,
    );
  const others = new Set([...given, ...stateTaints({ ...node, unschedulable: true })].map(id));
  return wanted.filter((taint) => !others.has(id(taint)));
}

function checkTexts(texts: unknown, field: string, subject: Subject): Record<string, string> {
  const entries = typeof texts === 'object' && texts !== null ? Object.entries(texts) : [['', null]];
  let length = 0;
  for (const [key, value] of entries) {
    if (typeof value !== 'string')
      throw invalid(subject, wrong(field, `Invalid value: ${JSON.stringify(value)}`));
    length += String(key).length + value.length;
  }
  if (length > MAX_TEXTS)
    throw invalid(subject, {
      reason: 'FieldValueTooLong',
      message: `Too long: may not be more than ${MAX_TEXTS} bytes`,
      field,
    });
  return Object.fromEntries(entries) as Record<string, string>;
}

function checkLabel(key: string, value: string, subject: Subject): void {
  if (!isLabelKey(key)) throw invalid(subject, wrong('metadata.labels', `Invalid value: "${key}"`));
  if (!isLabelValue(value)) throw invalid(subject, wrong('metadata.labels', `Invalid value: "${value}"`));
}

function wrong(field: string, message: string): Cause {
  return { reason: 'FieldValueInvalid', message, field };
}
