import assert from 'node:assert/strict';
import { it } from 'node:test';
import { mountGaps } from '../../../src/evidence/scan/mounts.ts';
import { memoryTree } from '../../fuzz/memory-tree.ts';

const FSTAB = `# /etc/fstab: static file system information
UUID=6e6f6465-7761 /  ext4  discard,errors=remount-ro 0 1
UUID=1234-ABCD /boot/efi vfat umask=0077 0 1
UUID=0b00 /boot ext4 defaults 0 2
/dev/vg/var\t/var\txfs\tdefaults\t0\t2
LABEL=opt /opt/cni ext4 defaults 0 2
# /dev/sdc1 /usr ext4 defaults 0 2
tmpfs /var/lib/x tmpfs size=1G 0 0
/dev/sdb1 /mnt auto defaults,nofail 0 2
nonsense
`;

it('folders on other file systems are named', async () => {
  const [gap, ...others] = await mountGaps(memoryTree({ 'etc/fstab': Buffer.from(FSTAB) }));
  assert.deepEqual(others, []);
  assert.equal(gap?.code, 'unreadable-files');
  assert.deepEqual(gap?.subjects, ['/opt/cni (LABEL=opt, ext4)', '/var (/dev/vg/var, xfs)']);
});

it('a root on one file system has no such gap, nor one without a table', async () => {
  const plain = Buffer.from('UUID=1 / ext4 defaults 0 1\nUUID=2 /boot/efi vfat defaults 0 1\n');
  assert.deepEqual(await mountGaps(memoryTree({ 'etc/fstab': plain })), []);
  assert.deepEqual(await mountGaps(memoryTree({ 'etc/passwd': plain })), []);
  assert.deepEqual(await mountGaps(memoryTree({ 'etc/fstab/x': plain })), []);
});
