import { NodewardError } from '../../../../../base/errors.ts';
import { be32 } from '../bytes.ts';
import { commitFits, copyFits, crc32BigEndian, listFits, transactionFits } from './checksums.ts';
import type { Log } from './log.ts';
import { BLOCK_TYPES, JOURNAL_MAGIC, type JournalSuperblock } from './superblock.ts';
import { revokedBy, type Tag, tagsOf } from './tags.ts';

/** No journal that mke2fs makes has a log of more bytes. */
const MAX_LOG_BYTES = 4 * 2 ** 30;
/** So much of the log behind its end is looked at for signs that it should have gone on. */
const LOOK_AHEAD_BYTES = 1 << 20;

/** A logged block: where its copy is in the journal, and whether the copy is as it was written. */
export interface Logged extends Tag {
  readonly index: number;
  readonly fits: boolean;
}

/** A transaction that was committed. */
export interface Transaction {
  readonly sequence: number;
  readonly logged: readonly Logged[];
  readonly revoked: readonly number[];
}

/** What the log holds. */
export interface ScannedLog {
  /** In the order they were committed. */
  readonly transactions: readonly Transaction[];
  /** The number the next transaction would have had. */
  readonly next: number;
  /** How it can be seen that the log went on; null where it ended as it does when a machine stops. */
  readonly damage: string | null;
}

/**
 * Goes along the log from its start to the end of the last complete transaction, as the kernel's recovery does. What
 * it finds damaged ends the log; unlike the kernel, which takes a lost block for the end, it looks whether later
 * transactions follow.
 */
export class LogScan {
  readonly #journal: JournalSuperblock;
  readonly #log: Log;
  readonly #transactions: Transaction[] = [];
  #logged: Logged[] = [];
  #revoked: number[] = [];
  #sequence: number;
  #at: number;
  /** Blocks passed: a log that comes back to its start is over. */
  #passed = 0;
  /** Checksum version 1: over all of the transaction so far. */
  #sum = ~0;

  constructor(journal: JournalSuperblock, log: Log) {
    this.#journal = journal;
    this.#log = log;
    this.#sequence = journal.sequence;
    this.#at = journal.start;
  }

  /** @throws NodewardError disk-damaged, limit-reached, errors of the source */
  async run(): Promise<ScannedLog> {
    const { first, end, blockSize } = this.#journal;
    const length = end - first;
    let damage: string | null = null;
    while (damage === null && this.#passed < length) {
      if (this.#passed * blockSize > MAX_LOG_BYTES)
        throw new NodewardError('limit-reached', 'the journal is larger than any genuine one');
      const block = this.#log.known(this.#at) ?? (await this.#log.read(this.#at));
      if (be32(block, 0) !== JOURNAL_MAGIC || be32(block, 8) !== this.#sequence) break;
      const type = be32(block, 4);
      if (type === BLOCK_TYPES.descriptor) damage = await this.#descriptor(block);
      else if (type === BLOCK_TYPES.revoke) damage = this.#revoke(block);
      else if (type === BLOCK_TYPES.commit) {
        const complete = this.#commit(block);
        if (complete !== true) {
          damage = complete;
          break;
        }
      } else break;
    }
    damage ??= (await this.#lostHeader()) ?? (await this.#goesOn());
    return { transactions: this.#transactions, next: this.#sequence, damage };
  }

  #move(): void {
    const { first, end } = this.#journal;
    this.#passed++;
    this.#at = this.#at + 1 >= end ? first : this.#at + 1;
  }

  async #descriptor(block: Uint8Array): Promise<string | null> {
    if (!listFits(this.#journal, block)) return this.#fails('a descriptor block');
    const v1 = this.#journal.checksumV1;
    const tags = tagsOf(this.#journal, block);
    if (v1) this.#sum = crc32BigEndian(this.#sum, block);
    this.#move();
    for (const tag of tags) {
      if (this.#passed >= this.#journal.end - this.#journal.first) return null;
      const index = this.#at;
      const bytes = this.#log.known(index) ?? (await this.#log.read(index));
      if (v1) this.#sum = crc32BigEndian(this.#sum, bytes);
      const fits = copyFits(this.#journal, this.#sequence, { bytes, checksum: tag.checksum });
      this.#logged.push({ ...tag, index, fits });
      this.#move();
    }
    return null;
  }

  #revoke(block: Uint8Array): string | null {
    if (!listFits(this.#journal, block)) return this.#fails('a revoke block');
    for (const revoked of revokedBy(this.#journal, block)) this.#revoked.push(revoked);
    this.#move();
    return null;
  }

  /** True for a complete transaction; otherwise what is damaged, or null for one that was never completed. */
  #commit(block: Uint8Array): true | string | null {
    const { checksumV1, asyncCommit } = this.#journal;
    if (!commitFits(this.#journal, block)) return this.#fails('the commit block');
    // With async_commit the commit block may have been written before what it commits.
    if (checksumV1 && !transactionFits(this.#sum >>> 0, block))
      return asyncCommit ? null : `transaction ${this.#sequence} fails its checksum`;
    this.#transactions.push({
      sequence: this.#sequence,
      logged: this.#logged,
      revoked: this.#revoked,
    });
    this.#logged = [];
    this.#revoked = [];
    this.#sum = ~0;
    this.#sequence = (this.#sequence + 1) >>> 0;
    this.#move();
    return true;
  }

  #fails(what: string): string {
    return `${what} of transaction ${this.#sequence} fails its checksum`;
  }

  /** Whether the block the log ends at is one of its own but for its first bytes: its checksum fits them as they were. */
  async #lostHeader(): Promise<string | null> {
    const { first, end, checksumVersion } = this.#journal;
    if (checksumVersion === 0 || this.#passed >= end - first) return null;
    const block = Buffer.from(this.#log.known(this.#at) ?? (await this.#log.read(this.#at)));
    block.writeUInt32BE(JOURNAL_MAGIC, 0);
    block.writeUInt32BE(this.#sequence, 8);
    for (const type of [BLOCK_TYPES.commit, BLOCK_TYPES.descriptor, BLOCK_TYPES.revoke]) {
      block.writeUInt32BE(type, 4);
      if (this.#isGenuine(block)) return `a block of transaction ${this.#sequence} has lost its header`;
    }
    return null;
  }

  /** Whether what follows the end of the log can only have been written after what should be there. */
  async #goesOn(): Promise<string | null> {
    const { first, end, blockSize, asyncCommit } = this.#journal;
    const sequence = this.#sequence;
    const last = Math.min(end - first, this.#passed + LOOK_AHEAD_BYTES / blockSize);
    while (this.#passed < last) {
      const block = this.#log.known(this.#at) ?? (await this.#log.read(this.#at));
      const later = (be32(block, 8) - sequence) | 0;
      const commit = be32(block, 4) === BLOCK_TYPES.commit;
      const after = later > 0 && later <= end - first;
      const same = later === 0 && commit && !asyncCommit;
      if (be32(block, 0) === JOURNAL_MAGIC && (after || same) && this.#isGenuine(block))
        return `it breaks off in transaction ${sequence}, but later parts of it follow`;
      this.#move();
    }
    return null;
  }

  #isGenuine(block: Uint8Array): boolean {
    const type = be32(block, 4);
    if (type === BLOCK_TYPES.commit) return commitFits(this.#journal, block);
    return (type === BLOCK_TYPES.descriptor || type === BLOCK_TYPES.revoke) && listFits(this.#journal, block);
  }
}
