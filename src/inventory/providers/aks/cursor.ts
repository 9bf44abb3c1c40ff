import { fieldsOf, nameAt } from '../../fields.ts';
import { serverUrl } from '../../kubernetes/target.ts';
import type { NodeCursor } from '../../types.ts';
import type { ClusterAccess } from './kubeconfig.ts';

/** What is kept between two looks at a cluster's nodes. Only clusters that take tokens can be asked again without Azure. */
export interface Kept {
  /** Null where the cluster's user is a secret: it is asked for anew each time. */
  readonly access: ClusterAccess | null;
  /** Resource version up to which the nodes were read. */
  readonly version: string;
}

/** @returns null where there is nothing to go on from */
export function writeCursor(access: ClusterAccess, version: string | null): NodeCursor | null {
  if (version === null) return null;
  if (access.user.kind !== 'entra') return JSON.stringify({ version });
  return JSON.stringify({ version, server: access.server.href, ca: access.ca });
}

/** @returns null for a cursor that is none, such as one of another release */
export function readCursor(cursor: NodeCursor | null): Kept | null {
  try {
    const fields = fieldsOf(JSON.parse(cursor ?? 'null'));
    const version = nameAt(fields, 'version');
    if (fields === null || version === null) return null;
    if (typeof fields.server !== 'string') return { access: null, version };
    const ca = typeof fields.ca === 'string' ? fields.ca : null;
    const server = serverUrl(fields.server, 'the cursor');
    return { access: { server, ca, user: { kind: 'entra' } }, version };
  } catch {
    return null;
  }
}
