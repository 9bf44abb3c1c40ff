import { damaged, unsupported } from './file.ts';
import { foreignFormat } from './foreign.ts';
import type { DiskFormat } from './types.ts';

/** The bytes of the disk as they are: whatever is of no other format, but for known formats that are not read. */
export const raw: DiskFormat = {
  id: 'raw',
  async detect() {
    return true;
  },
  async open(file) {
    if (file.size === 0) throw damaged(file, 0, 'the file is empty');
    const foreign = await foreignFormat(file);
    if (foreign !== null) throw unsupported(file, `the file is ${foreign}, which is not read`);
    return { format: 'raw', disk: file };
  },
};
