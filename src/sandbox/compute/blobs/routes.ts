import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { SandboxCore } from '../../ports.ts';
import type { SimSnapshot } from '../../types.ts';
import type { DiskStore } from '../disks/store.ts';
import { isOpen, snapshotOfAccount } from '../snapshots/access.ts';
import { contentOfSnapshot } from '../snapshots/body.ts';
import { type BlobAnswer, blobError } from './errors.ts';
import { answerBlob, type PageBlob } from './page-blob.ts';

type Request = {
  Params: { readonly account: string };
  Querystring: { readonly sig?: unknown; readonly comp?: unknown };
};

/** The storage behind the SAS of snapshots. Whoever has the URL may read; nobody may write. */
export function blobRoutes(app: FastifyInstance, core: SandboxCore, disks: DiskStore): void {
  app.all<Request>('/blobs/:account/abcd', async ({ params, query, method, headers }, reply) => {
    const now = core.now();
    const snapshot = snapshotOfAccount(core, params.account);
    const content = snapshot === undefined ? null : contentOfSnapshot(snapshot);
    if (snapshot === undefined || content === null || !isSigned(core, snapshot, query.sig))
      return send(reply, blobError('unauthenticated', { now }));
    const blob = await disks.open(content).then(
      (disk): PageBlob => ({ disk, etag: etagOf(snapshot, disk.digest), modified: snapshot.created }),
      () => null,
    );
    if (blob === null) return send(reply, blobError('internal', { now }));
    const comp = typeof query.comp === 'string' ? query.comp.toLowerCase() : null;
    return send(reply, answerBlob(blob, { method, headers, comp, now }));
  });
}

function isSigned(core: SandboxCore, snapshot: SimSnapshot, signature: unknown): boolean {
  return isOpen(core, snapshot) && signature === snapshot.access?.token;
}

function etagOf({ id, created }: SimSnapshot, digest: string): string {
  const hash = createHash('sha256').update(`${id.toLowerCase()} ${created} ${digest}`).digest('hex');
  return `"0x8D${hash.slice(0, 13).toUpperCase()}"`;
}

function send(reply: FastifyReply, { status, headers, body }: BlobAnswer): FastifyReply {
  reply.code(status).headers(headers);
  if (body === null) return reply.send();
  return reply.send(Buffer.isBuffer(body) ? body : Readable.from(body, { objectMode: false }));
}
