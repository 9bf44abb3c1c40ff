/** Kubernetes objects as JSON has them. What a module reads of them is typed; everything else is kept as it is. */

/** `metadata` of any object. Instants are RFC 3339 in whole seconds. */
export interface Meta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly Owner[];
  readonly [more: string]: unknown;
}

/** What made an object and looks after it. */
export interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller: boolean;
}

/** Any object. Bodies are never changed in place: a change is another body. */
export interface KubeBody {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Meta;
  readonly [more: string]: unknown;
}

/** One condition of a status. */
export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string | null;
  readonly [more: string]: unknown;
}

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
  readonly timeAdded?: string;
}

export interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
}

export interface Pod extends KubeBody {
  readonly spec: {
    readonly nodeName?: string;
    readonly nodeSelector?: Readonly<Record<string, string>>;
    readonly tolerations?: readonly Toleration[];
    readonly terminationGracePeriodSeconds?: number;
    readonly [more: string]: unknown;
  };
  readonly status: {
    readonly phase: string;
    readonly conditions?: readonly Condition[];
    readonly [more: string]: unknown;
  };
}

/** A label selector as objects carry it. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

export interface Budget extends KubeBody {
  readonly spec: {
    readonly minAvailable?: number | string;
    readonly maxUnavailable?: number | string;
    readonly selector?: LabelSelector;
    readonly unhealthyPodEvictionPolicy?: string;
  };
  readonly status: BudgetStatus;
}

export interface BudgetStatus {
  readonly observedGeneration?: number;
  readonly disruptedPods?: Readonly<Record<string, string>>;
  readonly disruptionsAllowed: number;
  readonly currentHealthy: number;
  readonly desiredHealthy: number;
  readonly expectedPods: number;
  readonly conditions?: readonly Condition[];
}

/** A Deployment, ReplicaSet or StatefulSet. */
export interface Workload extends KubeBody {
  readonly spec: {
    readonly replicas: number;
    readonly selector: LabelSelector;
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: Pod['spec'];
    };
    readonly [more: string]: unknown;
  };
  readonly status: Readonly<Record<string, unknown>>;
}

/** An object in a list: its key among those of its resource, and how to get it. */
export interface Item {
  /** `<namespace>/<name>`; the name alone where the resource has no namespaces. */
  readonly key: string;
  body(): KubeBody;
}

/** Epoch milliseconds as Kubernetes writes an instant. */
export function instant(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** The key of an object among those of its resource. */
export function keyOf({ metadata }: KubeBody): string {
  return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
}

/** An object with another resource version. */
export function versioned(body: KubeBody, version: number): KubeBody {
  return { ...body, metadata: { ...body.metadata, resourceVersion: String(version) } };
}

/** The condition of that type being `True`. */
export function holds(conditions: readonly Condition[] | undefined, type: string): boolean {
  return conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;
}

/** Whether a pod counts as available to its service. */
export function isReady(pod: Pod): boolean {
  return holds(pod.status.conditions, 'Ready');
}

/** Whether a pod is being deleted. */
export function isTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

/** Whether a pod has ended by itself. */
export function isFinished({ status }: Pod): boolean {
  return status.phase === 'Succeeded' || status.phase === 'Failed';
}

/** What looks after an object; undefined where nothing does. */
export function controllerOf({ metadata }: KubeBody): Owner | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller);
}
