import { NodewardError } from '../../base/errors.ts';

const NEWLINE = 10;

/**
 * The lines of a stream of bytes, each without its end.
 * @throws NodewardError input-too-large where one is longer than `maxBytes`, input-malformed where the last has no end
 */
export async function* linesOf(
  source: AsyncIterable<Uint8Array>,
  maxBytes: number,
  place: string,
): AsyncGenerator<Uint8Array> {
  let begun: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of source) {
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, from);
      const part = chunk.subarray(from, end < 0 ? chunk.length : end);
      length += part.length;
      if (length > maxBytes)
        throw new NodewardError('input-too-large', `${place} has a line that is longer than any genuine one`);
      if (end < 0) {
        if (part.length > 0) begun.push(part);
        break;
      }
      yield begun.length === 0 ? part : Buffer.concat([...begun, part]);
      begun = [];
      length = 0;
      from = end + 1;
    }
  }
  if (length > 0) throw new NodewardError('input-malformed', `${place} ends in the middle of a line`);
}
