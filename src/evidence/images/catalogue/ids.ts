/**
 * Ascending ids as a blob: the count, the first id, then each difference to the id before less one, as base-128
 * varints with the low bits first. Ids that follow each other take a byte each.
 */
export function encodeIds(ids: Uint32Array): Uint8Array {
  const bytes: number[] = [];
  writeVarint(bytes, ids.length);
  let next = 0;
  for (const id of ids) {
    if (id < next) throw new RangeError(`id ${id} is not above the one before`);
    writeVarint(bytes, id - next);
    next = id + 1;
  }
  return Uint8Array.from(bytes);
}

/**
 * Reads what `encodeIds` wrote.
 * @throws RangeError where the blob is damaged or an id is not below `limit`
 */
export function decodeIds(blob: Uint8Array, limit: number): Uint32Array {
  let at = 0;
  const readVarint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = blob[at++];
      if (byte === undefined) throw new RangeError('the id list ends in the middle');
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError('the id list holds a number that is too large');
  };
  const count = readVarint();
  if (count > blob.length) throw new RangeError('the id list is shorter than its count');
  const ids = new Uint32Array(count);
  let next = 0;
  for (let index = 0; index < count; index++) {
    const id = next + readVarint();
    if (id >= limit) throw new RangeError(`the id list names ${id}, beyond ${limit}`);
    ids[index] = id;
    next = id + 1;
  }
  if (at !== blob.length) throw new RangeError('the id list is longer than its count');
  return ids;
}

function writeVarint(bytes: number[], value: number): void {
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
}
