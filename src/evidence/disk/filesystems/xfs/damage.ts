import { NodewardError } from '../../../../base/errors.ts';

/** The error for bytes that contradict themselves. `place` names the structure: `inode 131`, `block at byte 4096`. */
export function damaged(place: string, what: string): NodewardError {
  return new NodewardError('disk-damaged', `XFS ${place}: ${what}`, { place });
}

/** The error for what is not read. */
export function unsupported(place: string, what: string): NodewardError {
  return new NodewardError('disk-unsupported', `XFS ${place}: ${what}`, { place });
}
