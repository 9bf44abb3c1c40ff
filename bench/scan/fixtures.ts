/** The node whose scans are measured, as a tree and as disks. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type DebianRecipe, debianTree } from '../../test/support/debian.ts';

const NODE: DebianRecipe = {
  name: 'debian-large',
  variant: 'important',
  packages: [
    'openssh-server',
    'containerd',
    'runc',
    'containernetworking-plugins',
    'kubernetes-client',
    'linux-image-amd64',
    'linux-image-cloud-amd64',
    'build-essential',
    'python3',
    'git',
    'vim',
    'cloud-init',
    'curl',
    'rsync',
    'tcpdump',
    'strace',
    'gdb',
    'nfs-common',
    'cifs-utils',
    'open-iscsi',
    'xfsprogs',
    'btrfs-progs',
    'chrony',
    'jq',
    'socat',
    'conntrack',
    'ipset',
    'ebtables',
    'ethtool',
    'lvm2',
    'mdadm',
    'bpftrace',
  ],
};
const DISK_GIB = 30;
const OFFSET_MIB = 120;

/** A Debian 12 node of about 1.8 GB; built once, and kept. */
export function nodeTree(): string {
  return debianTree(NODE);
}

/** How large a tree is. */
export function sizeOf(tree: string): { packages: number; entries: number; bytes: number } {
  const count = (command: string): number => Number(sh(command).trim().split(/\s/)[0]);
  return {
    packages: count(`dpkg-query --admindir '${tree}/var/lib/dpkg' -W | wc -l`),
    entries: count(`find '${tree}' -xdev | wc -l`),
    bytes: count(`du -s -B1 '${tree}'`),
  };
}

/** The tree on a partitioned disk of 30 GB, raw (sparse) and as qcow2. */
export function diskOf(tree: string, type: 'ext4' | 'xfs', folder: string): { raw: string; qcow2: string } {
  const raw = join(folder, `${type}.raw`);
  const qcow2 = join(folder, `${type}.qcow2`);
  sh(`truncate -s ${DISK_GIB}G '${raw}'`);
  sh(`sgdisk -n 14:2048:+4M -t 14:ef02 -n 15:0:+106M -t 15:ef00 -n 1:${OFFSET_MIB}M:0 -c 1:root '${raw}'`);
  const at = join(folder, 'at');
  mkdirSync(at);
  const loop = sh(
    `losetup -f --show -o $((${OFFSET_MIB} << 20)) --sizelimit $((${DISK_GIB * 1024 - OFFSET_MIB - 1} << 20)) '${raw}'`,
  ).trim();
  try {
    sh(`mkfs.${type} -q ${loop}`);
    sh(`mount ${loop} '${at}' && cp -a '${tree}/.' '${at}/' && umount '${at}'`);
  } finally {
    sh(`losetup -d ${loop}`);
    rmSync(at, { recursive: true });
  }
  sh(`qemu-img convert -f raw -O qcow2 '${raw}' '${qcow2}'`);
  return { raw, qcow2 };
}

function sh(command: string): string {
  return execFileSync('/bin/sh', ['-ec', command], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}
