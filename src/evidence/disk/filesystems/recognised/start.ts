import type { DetectedFileSystem } from '../types.ts';

/** Bytes from the start of a partition that all but a few signatures are in: btrfs has its one at 64 KiB. */
export const START = 68 << 10;

/** Says whether the first `START` bytes of a partition, zeros beyond its end, are of one kind of content. */
export type Probe = (start: Buffer) => DetectedFileSystem | null;

/** A kind that has a signature and nothing else worth telling. */
export function signed(type: string, at: number, signature: string): Probe {
  return (start) => (has(start, at, signature) ? { type, label: '', uuid: '' } : null);
}

/** Whether `signature`, one byte a character, stands at `at`. */
export function has(start: Buffer, at: number, signature: string): boolean {
  return start.toString('latin1', at, at + signature.length) === signature;
}

/** Text that ends with NUL or with its field, without the spaces that fill some fields. */
export function textAt(start: Buffer, at: number, length: number): string {
  const [text = ''] = start.toString('utf8', at, at + length).split('\0', 1);
  return text.trimEnd();
}

/** 16 bytes as RFC 9562 writes a UUID; empty for zeros, which mean that there is none. */
export function uuidAt(start: Buffer, at: number): string {
  const hex = start.toString('hex', at, at + 16);
  if (/^0*$/.test(hex)) return '';
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
