/** One partition, or the whole disk where it has no partition table. */
export interface Partition {
  /** Its number in the table, from 1; 0 for the whole disk. */
  readonly number: number;
  /** Byte offset on the disk. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** The GPT type GUID in lower case, or the MBR type as two hexadecimal digits; null for the whole disk. */
  readonly type: string | null;
  /** The name in a GPT; empty elsewhere. */
  readonly name: string;
}

/** The partitions of a disk. */
export interface PartitionTable {
  readonly scheme: 'gpt' | 'mbr' | 'none';
  /** Sorted by number. */
  readonly partitions: readonly Partition[];
  /** What was found damaged and worked around, one sentence each: `the primary GPT is damaged (CRC), its backup was used`. */
  readonly problems: readonly string[];
}
