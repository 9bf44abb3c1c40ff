import * as v from 'valibot';
import type { SimPool } from '../../types.ts';
import { aksRefusal } from '../errors.ts';

const text = v.pipe(v.string(), v.maxLength(500));
const whole = (least: number, most: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
/** A number of nodes or a share of them. */
const nodes = v.pipe(v.string(), v.regex(/^\d{1,4}%?$/, 'must be a number or a percentage'));

const UPGRADE_SETTINGS = v.object({
  maxSurge: v.optional(nodes),
  maxUnavailable: v.optional(nodes),
  drainTimeoutInMinutes: v.optional(whole(5, 1440)),
  nodeSoakDurationInMinutes: v.optional(whole(0, 30)),
  undrainableNodeBehavior: v.optional(v.picklist(['Cordon', 'Schedule'])),
});

const PROPERTIES = v.object({
  count: v.nullish(whole(0, 1000)),
  vmSize: v.nullish(text),
  osDiskSizeGB: v.nullish(whole(0, 2048)),
  osDiskType: v.nullish(v.picklist(['Managed', 'Ephemeral'])),
  type: v.nullish(text),
  mode: v.nullish(v.picklist(['System', 'User', 'Gateway', 'Machines', 'ManagedSystem'])),
  osType: v.nullish(v.picklist(['Linux', 'Windows'])),
  osSKU: v.nullish(text),
  enableFIPS: v.nullish(v.boolean()),
  enableNodePublicIP: v.nullish(v.boolean()),
  enableAutoScaling: v.nullish(v.boolean()),
  minCount: v.nullish(whole(0, 1000)),
  maxCount: v.nullish(whole(0, 1000)),
  orchestratorVersion: v.nullish(text),
  nodeImageVersion: v.nullish(text),
  scaleSetPriority: v.nullish(v.picklist(['Regular', 'Spot'])),
  upgradeSettings: v.nullish(UPGRADE_SETTINGS),
  tags: v.nullish(v.record(text, text)),
  nodeLabels: v.nullish(v.record(text, text)),
  nodeTaints: v.nullish(v.pipe(v.array(text), v.maxLength(100))),
  creationData: v.nullish(v.object({ sourceResourceId: v.optional(text) })),
  powerState: v.nullish(v.object({ code: v.optional(v.picklist(['Running', 'Stopped'])) })),
});

/** What a request may say of a pool. What it does not say stays as it is; what is not known here is not kept. */
export type PoolProperties = v.InferOutput<typeof PROPERTIES>;

/** The properties of a request. @throws ArmError 400 InvalidParameter, naming the property */
export function poolProperties(properties: unknown): PoolProperties {
  const parsed = v.safeParse(PROPERTIES, properties ?? {});
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const path = issue.path?.map(({ key }) => String(key)).join('.') ?? '';
  throw invalid(path, issue.message);
}

/** A value that is refused. */
export function invalid(property: string, reason: string): Error {
  return aksRefusal(
    400,
    'InvalidParameter',
    `The value of parameter agentPoolProfile.${property} is invalid. ${reason}`,
  );
}

/** @throws ArmError 400 where a request would change what cannot be changed */
export function requireSameMachines(pool: SimPool, wanted: PoolProperties): void {
  const fixed: readonly [string, unknown, unknown][] = [
    ['vmSize', wanted.vmSize, pool.vmSize],
    ['osDiskType', wanted.osDiskType, pool.osDiskType],
    ['osDiskSizeGB', wanted.osDiskSizeGB, pool.osDiskSizeGb],
    ['type', wanted.type, pool.type],
    ['osType', wanted.osType, pool.osType],
    ['enableFIPS', wanted.enableFIPS, pool.fips],
    ['enableNodePublicIP', wanted.enableNodePublicIP, pool.publicAddress === true],
    ['scaleSetPriority', wanted.scaleSetPriority, pool.spot ? 'Spot' : 'Regular'],
  ];
  for (const [property, value, current] of fixed) {
    if (value === undefined || value === null || value === current) continue;
    throw aksRefusal(
      400,
      'PropertyChangeNotAllowed',
      `Changing property 'properties.${property}' is not allowed.`,
    );
  }
}

/** Takes over what a request says that changes no machine. @throws ArmError 400 */
export function applySettings(pool: SimPool, wanted: PoolProperties): void {
  const mode = wanted.mode ?? pool.mode;
  const settings = { ...pool.upgradeSettings, ...wanted.upgradeSettings };
  requireUpgradeSettings(mode, settings);
  const scaling = wanted.enableAutoScaling ?? pool.autoscale !== null;
  const [min, max] = [
    wanted.minCount ?? pool.autoscale?.min ?? 0,
    wanted.maxCount ?? pool.autoscale?.max ?? 0,
  ];
  const count = wanted.count ?? pool.count;
  if (scaling && (max < 1 || min > max))
    throw invalid('maxCount', 'It must be at least 1 and not below minCount.');
  if (scaling && (count < min || count > max))
    throw invalid('count', `It must be between ${min} and ${max}.`);
  if (mode === 'System' && count < 1) throw invalid('count', 'A system node pool needs at least one node.');
  pool.mode = mode;
  pool.upgradeSettings = settings;
  pool.autoscale = scaling ? { min, max } : null;
  if (wanted.tags) pool.tags = { ...wanted.tags };
  if (wanted.nodeLabels) pool.labels = { ...wanted.nodeLabels };
  if (wanted.nodeTaints) pool.taints = [...wanted.nodeTaints];
}

function requireUpgradeSettings(mode: string, { maxSurge, maxUnavailable }: Record<string, unknown>): void {
  const surge = Number.parseInt(String(maxSurge ?? '10%'), 10);
  const unavailable = Number.parseInt(String(maxUnavailable ?? '0'), 10);
  if (unavailable > 0 && surge > 0)
    throw invalid('upgradeSettings.maxUnavailable', 'It cannot be used together with maxSurge.');
  if (unavailable > 0 && mode === 'System')
    throw invalid('upgradeSettings.maxUnavailable', 'It is not supported for system node pools.');
  if (unavailable === 0 && surge === 0)
    throw invalid('upgradeSettings.maxSurge', 'maxSurge and maxUnavailable cannot both be 0.');
}
