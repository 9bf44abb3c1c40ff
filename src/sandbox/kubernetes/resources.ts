import type { KubeBody, Pod } from './objects.ts';

/** What can be done with the objects of a resource. */
export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

/** One resource of the API. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly name: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly verbs: readonly Verb[];
  /** The fields it can be selected by, with their values. */
  readonly fields: Readonly<Record<string, (body: KubeBody) => string>>;
}

const READ: readonly Verb[] = ['get', 'list', 'watch'];

type Field = (body: KubeBody) => string;

/** The value at a path of an object, as field selectors compare it. */
function at(path: string, otherwise = ''): Field {
  const steps = path.split('.');
  return (body) => {
    let value: unknown = body;
    for (const step of steps) value = (value as Record<string, unknown> | undefined)?.[step];
    return value === undefined || value === null ? otherwise : String(value);
  };
}

function fieldsOf(...paths: string[]): Record<string, Field> {
  return Object.fromEntries(paths.map((path) => [path, at(path)]));
}

const NAMED = fieldsOf('metadata.name');
const NAMESPACED = fieldsOf('metadata.name', 'metadata.namespace');
const POD_FIELDS: Readonly<Record<string, Field>> = {
  ...NAMESPACED,
  ...fieldsOf('spec.nodeName', 'spec.restartPolicy', 'spec.schedulerName', 'spec.serviceAccountName'),
  ...fieldsOf('status.phase', 'status.podIP', 'status.nominatedNodeName'),
  'spec.hostNetwork': (body) => String((body as Pod).spec.hostNetwork === true),
};
const EVENT_FIELDS: Readonly<Record<string, Field>> = {
  ...NAMESPACED,
  ...fieldsOf('involvedObject.kind', 'involvedObject.namespace', 'involvedObject.name', 'involvedObject.uid'),
  ...fieldsOf('involvedObject.apiVersion', 'involvedObject.resourceVersion', 'involvedObject.fieldPath'),
  ...fieldsOf('reason', 'reportingComponent', 'type'),
  source: at('source.component'),
};

const CORE = { group: '', version: 'v1' } as const;
const APPS = { group: 'apps', version: 'v1', namespaced: true, verbs: READ, fields: NAMESPACED } as const;

/** Everything the API has, in the order of discovery. */
export const RESOURCES: readonly Resource[] = [
  {
    ...{ ...CORE, name: 'events', singular: 'event', kind: 'Event', namespaced: true, shortNames: ['ev'] },
    ...{ verbs: READ, fields: EVENT_FIELDS },
  },
  {
    ...{ ...CORE, name: 'namespaces', singular: 'namespace', kind: 'Namespace', namespaced: false },
    ...{ shortNames: ['ns'], verbs: READ, fields: { ...NAMED, 'status.phase': at('status.phase') } },
  },
  {
    ...{ ...CORE, name: 'nodes', singular: 'node', kind: 'Node', namespaced: false, shortNames: ['no'] },
    verbs: [...READ, 'update', 'patch'],
    fields: { ...NAMED, 'spec.unschedulable': at('spec.unschedulable', 'false') },
  },
  {
    ...{ ...CORE, name: 'pods', singular: 'pod', kind: 'Pod', namespaced: true, shortNames: ['po'] },
    ...{ verbs: [...READ, 'create', 'delete'], fields: POD_FIELDS },
  },
  { ...APPS, name: 'daemonsets', singular: 'daemonset', kind: 'DaemonSet', shortNames: ['ds'] },
  { ...APPS, name: 'deployments', singular: 'deployment', kind: 'Deployment', shortNames: ['deploy'] },
  { ...APPS, name: 'replicasets', singular: 'replicaset', kind: 'ReplicaSet', shortNames: ['rs'] },
  { ...APPS, name: 'statefulsets', singular: 'statefulset', kind: 'StatefulSet', shortNames: ['sts'] },
  {
    ...{ group: 'coordination.k8s.io', version: 'v1', name: 'leases', singular: 'lease', kind: 'Lease' },
    ...{ namespaced: true, shortNames: [], verbs: READ, fields: NAMESPACED },
  },
  {
    ...{ group: 'policy', version: 'v1', name: 'poddisruptionbudgets', singular: 'poddisruptionbudget' },
    ...{ kind: 'PodDisruptionBudget', namespaced: true, shortNames: ['pdb'] },
    ...{ verbs: [...READ, 'create', 'update', 'patch', 'delete'], fields: NAMESPACED },
  },
];

/** `v1`, `apps/v1`. */
export function groupVersion({ group, version }: Pick<Resource, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`;
}
