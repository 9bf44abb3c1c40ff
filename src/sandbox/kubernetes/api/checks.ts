import * as v from 'valibot';
import type { Budget, KubeBody, Meta, Pod } from '../objects.ts';
import { OTHER_NAMESPACE } from './bodies.ts';
import { isLabelKey, isLabelValue } from './selectors.ts';
import { badRequest, invalid, type Subject } from './status.ts';

/** What is kept of an object that a client makes must stay small, as it is held in memory. */
const MAX_TEXT = 4_096;
const MAX_ENTRIES = 256;
const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

const text = v.pipe(v.string(), v.maxLength(MAX_TEXT));
const few = v.maxEntries<Record<string, string>, number>(MAX_ENTRIES);
const labels = v.pipe(
  v.record(
    v.pipe(text, v.check(isLabelKey, 'not the key of a label')),
    v.pipe(text, v.check(isLabelValue, 'not the value of a label')),
  ),
  few,
);
const texts = v.pipe(v.record(text, text), few);
const seconds = v.pipe(v.number(), v.integer(), v.minValue(0));

const META = v.object({
  name: v.pipe(v.string(), v.maxLength(253), v.regex(NAME, 'not a lowercase RFC 1123 subdomain')),
  namespace: v.optional(text),
  uid: v.optional(text),
  resourceVersion: v.optional(text),
  labels: v.optional(v.nullable(labels)),
  annotations: v.optional(v.nullable(texts)),
});

const flag = v.optional(v.boolean());

const POD = v.object({
  containers: v.pipe(
    v.array(v.object({ name: text, image: v.optional(text) })),
    v.minLength(1),
    v.maxLength(32),
  ),
  ...{ hostIPC: flag, hostNetwork: flag, hostPID: flag },
  nodeName: v.optional(text),
  nodeSelector: v.optional(labels),
  restartPolicy: v.optional(v.picklist(['Always', 'OnFailure', 'Never']), 'Always'),
  schedulerName: v.optional(text, 'default-scheduler'),
  terminationGracePeriodSeconds: v.optional(seconds, 30),
  tolerations: v.optional(
    v.pipe(
      v.array(
        v.object({
          key: v.optional(text),
          operator: v.optional(text),
          value: v.optional(text),
          effect: v.optional(text),
        }),
      ),
      v.maxLength(64),
    ),
  ),
});

const amount = v.union([
  seconds,
  v.pipe(v.string(), v.regex(/^(\d{1,2}|100)%$/, 'neither a number nor a percentage up to 100%')),
]);
const BUDGET = v.object({
  minAvailable: v.optional(amount),
  maxUnavailable: v.optional(amount),
  selector: v.optional(
    v.object({
      matchLabels: v.optional(labels),
      matchExpressions: v.optional(
        v.pipe(
          v.array(
            v.variant('operator', [
              v.object({
                key: text,
                operator: v.picklist(['In', 'NotIn']),
                values: v.pipe(v.array(text), v.minLength(1), v.maxLength(64)),
              }),
              v.object({ key: text, operator: v.picklist(['Exists', 'DoesNotExist']) }),
            ]),
          ),
          v.maxLength(64),
        ),
      ),
    }),
  ),
  unhealthyPodEvictionPolicy: v.optional(v.picklist(['IfHealthyBudget', 'AlwaysAllow'])),
});

/** The metadata of an object that a client sent; what a server writes itself is left out. @throws StatusError 400, 422 */
export function checkMeta(
  body: KubeBody,
  { namespace, subject }: { namespace: string | null; subject: Subject },
): Pick<Meta, 'name' | 'labels' | 'annotations'> & { uid?: string; resourceVersion?: string } {
  const metadata = { ...body.metadata, name: body.metadata.name || subject.name };
  const meta = checked(META, { value: metadata, field: 'metadata', subject });
  if (namespace !== null && meta.namespace !== undefined && meta.namespace !== namespace)
    throw badRequest(OTHER_NAMESPACE);
  return {
    name: meta.name,
    ...(meta.uid === undefined ? {} : { uid: meta.uid }),
    ...(meta.resourceVersion === undefined ? {} : { resourceVersion: meta.resourceVersion }),
    ...(meta.labels ? { labels: meta.labels } : {}),
    ...(meta.annotations ? { annotations: meta.annotations } : {}),
  };
}

/** The spec of a pod, as far as the sandbox heeds it. @throws StatusError 422 */
export function checkPod(spec: unknown, subject: Subject): Pod['spec'] {
  return defined(checked(POD, { value: spec ?? {}, field: 'spec', subject })) as Pod['spec'];
}

/** @throws StatusError 422 */
export function checkBudget(spec: unknown, subject: Subject): Budget['spec'] {
  const budget = checked(BUDGET, { value: spec ?? {}, field: 'spec', subject });
  if (budget.minAvailable !== undefined && budget.maxUnavailable !== undefined)
    throw invalid(subject, {
      reason: 'FieldValueInvalid',
      message: 'Invalid value: minAvailable and maxUnavailable cannot be both set',
      field: 'spec',
    });
  return defined(budget) as Budget['spec'];
}

function checked<T>(
  schema: v.GenericSchema<unknown, T>,
  { value, field, subject }: { value: unknown; field: string; subject: Subject },
): T {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue);
  throw invalid(subject, {
    reason: issue.received === 'undefined' ? 'FieldValueRequired' : 'FieldValueInvalid',
    message: issue.received === 'undefined' ? 'Required value' : `Invalid value: ${issue.message}`,
    field: path === null ? field : `${field}.${path}`,
  });
}

function defined(spec: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined));
}
