import { conflict, type Subject } from '../api/status.ts';
import type { KubeBody, Pod } from '../objects.ts';

/** How something is to be deleted. */
export interface DeleteOptions {
  /** Seconds; undefined for what the pod itself says. */
  readonly gracePeriodSeconds?: number;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly dryRun: boolean;
}

/** @throws StatusError 409 where the object is another one than was meant */
export function checkPreconditions(
  { metadata }: KubeBody,
  { preconditions }: DeleteOptions,
  subject: Subject,
): void {
  const { uid, resourceVersion } = preconditions ?? {};
  if (uid !== undefined && uid !== metadata.uid)
    throw conflict(
      subject,
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    );
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion)
    throw conflict(
      subject,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    );
}

/** The grace period of a deletion in seconds. */
export function graceOf({ spec }: Pod, { gracePeriodSeconds }: DeleteOptions): number {
  return gracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 30;
}
