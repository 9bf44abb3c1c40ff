import assert from 'node:assert/strict';
import { chmodSync, linkSync, mkdirSync, symlinkSync, truncateSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { NodewardError } from '../../../../src/base/errors.ts';
import { openDirectory } from '../../../../src/evidence/filesystem/directory.ts';
import { FileTree } from '../../../../src/evidence/filesystem/tree.ts';
import type { DirectoryInode, FileSystem, Inode } from '../../../../src/evidence/filesystem/types.ts';
import { goBinaryReader } from '../../../../src/evidence/readers/go-binary/go-binary.ts';
import type { Outcome } from '../../../../src/evidence/readers/types.ts';
import { workFolder } from '../../../support/tools.ts';
import { elfProgram, inlineInfo, linkedSection, writeTree } from './support.ts';

const BIG = 600 << 10;

/** A program of some command; as large as Go programs are. */
function program(command: string, lines = '', version = ''): Buffer {
  const info = inlineInfo('go1.21.5', `path\t${command}\n${lines}`);
  const rodata = linkedSection(['go1.21.5', ...(version === '' ? [] : [version])]);
  return Buffer.concat([elfProgram(info, {}, rodata), Buffer.alloc(BIG)]);
}

const KUBELET = 'k8s.io/kubernetes/cmd/kubelet';
const RUNC = 'github.com/opencontainers/runc';
const BRIDGE = 'github.com/containernetworking/plugins/plugins/main/bridge';

function link(root: string, path: string, target: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  symlinkSync(target, join(root, path));
}

async function read(
  root: string,
  options: { allFiles?: boolean; signal?: AbortSignal; wrap?: Wrap } = {},
): Promise<Outcome> {
  const { allFiles = false, signal = new AbortController().signal, wrap } = options;
  const fileSystem = openDirectory(root);
  const tree = new FileTree(wrap === undefined ? fileSystem : wrapped(fileSystem, wrap));
  return goBinaryReader.read({ tree, allFiles, signal, progress() {} });
}

type Wrap = (path: string, inode: Inode) => Inode;

/** A file system whose inodes are changed on their way out. */
function wrapped(fileSystem: FileSystem, wrap: Wrap): FileSystem {
  const around = (path: string, inode: Inode): Inode => {
    if (inode.kind !== 'directory') return wrap(path, inode);
    const directory: DirectoryInode = {
      ...inode,
      list: async () =>
        (await inode.list()).map((entry) => ({
          ...entry,
          open: async () => around(`${path}/${entry.name}`, await entry.open()),
        })),
      lookup: async (name) => {
        const found = await inode.lookup(name);
        return found === null ? null : around(`${path}/${name}`, found);
      },
    };
    return directory;
  };
  return { ...fileSystem, root: async () => around('', await fileSystem.root()) as DirectoryInode };
}

function binaries(outcome: Outcome): readonly string[] {
  const { binaries: found = [] } = 'found' in outcome ? outcome.found : {};
  return found.map(
    ({ path, component, version, versionOrigin }) => `${path} ${component} ${version} ${versionOrigin}`,
  );
}

function components(outcome: Outcome): readonly string[] {
  const { components: found = [] } = 'found' in outcome ? outcome.found : {};
  return found.map(({ name, version, role }) => `${name} ${version} ${role}`);
}

function problems(outcome: Outcome): readonly string[] {
  return 'problems' in outcome ? outcome.problems.map(({ place, why }) => `${place}: ${why}`) : [];
}

describe('the programs of a node', () => {
  const root = workFolder();
  writeTree(root, {
    'usr/bin/runc': program(RUNC, 'mod\tgithub.com/opencontainers/runc\t(devel)\t\n', '1.1.5+ds1'),
    'usr/bin/tool': program(
      'example.com/tool',
      'mod\texample.com/tool\tv1.2.3\t\ndep\tgolang.org/x/net\tv0.17.0\t\n',
    ),
    'usr/bin/small': elfProgram(inlineInfo('go1.21.5', 'path\texample.com/small\n')),
    'usr/bin/bridge': elfProgram(Buffer.alloc(64)),
    'opt/cni/bin/bridge': program(BRIDGE, '', 'v1.4.1'),
    'opt/vendor/agent/bin/agent': program('example.com/agent'),
    'usr/local/bin/kubelet-1.28.1': program(KUBELET, '', 'v1.28.1'),
    'usr/local/bin/kubelet-1.29.2': program(KUBELET, '', 'v1.29.2'),
    'var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/1/fs/usr/bin/inside':
      program('example.com/inside'),
    'srv/elsewhere': program('example.com/elsewhere'),
    'usr/share/bash-completion/completions/kubectl': '# completions',
  });
  chmodSync(join(root, 'usr/share/bash-completion/completions/kubectl'), 0o644);
  link(root, 'bin', 'usr/bin');
  link(root, 'usr/local/bin/kubelet', 'kubelet-1.29.2');
  link(root, 'usr/local/sbin/runc', '/usr/bin/runc');
  linkSync(join(root, 'usr/bin/tool'), join(root, 'usr/bin/tool-again'));

  it('are found where nodes keep them, each once', async () => {
    const outcome = await read(root);
    assert.deepEqual(problems(outcome), []);
    assert.deepEqual(binaries(outcome), [
      'opt/cni/bin/bridge cni-plugins v1.4.1 strings',
      'opt/vendor/agent/bin/agent null null null',
      'usr/bin/runc runc 1.1.5+ds1 strings',
      'usr/bin/tool null v1.2.3 build-info',
      'usr/local/bin/kubelet-1.28.1 kubelet v1.28.1 strings',
      'usr/local/bin/kubelet-1.29.2 kubelet v1.29.2 strings',
    ]);
    assert.ok(outcome.status === 'ok');
    assert.deepEqual(outcome.found.binaries?.[3]?.modules, [
      { path: 'golang.org/x/net', version: 'v0.17.0' },
      { path: 'stdlib', version: 'v1.21.5' },
    ]);
  });

  it('are node components, cached where nothing leads to them', async () => {
    assert.deepEqual(components(await read(root)), [
      'cni-plugins v1.4.1 installed',
      'kubelet v1.28.1 cached',
      'kubelet v1.29.2 installed',
      'runc 1.1.5+ds1 installed',
    ]);
  });

  it('are found everywhere if asked for, but not in container images', async () => {
    const paths = (outcome: Outcome) => binaries(outcome).map((text) => text.split(' ')[0] ?? '');
    const everywhere = await read(root, { allFiles: true });
    assert.deepEqual(problems(everywhere), []);
    const normal = paths(await read(root));
    assert.deepEqual(
      paths(everywhere).filter((path) => !normal.includes(path)),
      ['srv/elsewhere'],
    );
  });

  it('are the same however they are read', async () => {
    assert.deepEqual(await read(root, { wrap: (_, inode) => ({ ...inode }) }), await read(root));
  });

  it('cost nothing where they are too small to be built by Go', async () => {
    const opened: string[] = [];
    const noting: Wrap = (path, inode) => {
      if (inode.kind !== 'file') return inode;
      const noted = (offset: number, length: number): Promise<Uint8Array> => {
        opened.push(path);
        return inode.read(offset, length);
      };
      return { ...inode, read: noted };
    };
    await read(root, { wrap: noting });
    assert.ok(opened.includes('/usr/bin/tool'));
    assert.ok(!opened.includes('/usr/bin/small') && !opened.includes('/usr/bin/bridge'));
  });

  it('found until the scan is ended stay', async () => {
    const aborted = AbortSignal.abort();
    const outcome = await read(root, { signal: aborted });
    assert.equal(outcome.status, 'failed');
    assert.match(problems(outcome).join(), /ended before its end/);
    const limited = await read(root, {
      wrap: (path, inode) =>
        inode.kind === 'file' && path.includes('kubelet-1.29')
          ? {
              ...inode,
              read: () => Promise.reject(new NodewardError('limit-reached', 'more than 3 requests')),
            }
          : inode,
    });
    assert.equal(limited.status, 'partial');
    assert.ok(binaries(limited).includes('usr/bin/runc runc 1.1.5+ds1 strings'));
    assert.match(problems(limited).join(), /the search ended here: more than 3 requests/);
  });
});

describe('programs that cannot be told', () => {
  const of = async (files: Readonly<Record<string, string | Uint8Array>>): Promise<readonly string[]> => {
    const root = workFolder();
    writeTree(root, files);
    return problems(await read(root));
  };

  it('are problems where their name says that they are node components', async () => {
    const why = 'it has no Go build information, so its version and modules are not known';
    assert.deepEqual(
      await of({
        'usr/bin/runc': elfProgram(Buffer.alloc(64), { sections: false }),
        'usr/bin/kubelet': '',
        'usr/bin/kubectl': '#!/bin/sh\nexec k3s kubectl "$@"\n',
        'opt/cni/bin/bridge': 'text',
        'usr/sbin/bridge': elfProgram(Buffer.alloc(64)),
      }),
      [
        'opt/cni/bin/bridge: it is no ELF program',
        'usr/bin/kubectl: it is a script; which program it starts is not known',
        'usr/bin/kubelet: it is empty',
        `usr/bin/runc: ${why}`,
      ],
    );
  });

  it('are problems where they are damaged', async () => {
    const cut = program('example.com/tool');
    cut.writeBigUInt64LE(1n << 40n, 40);
    const [problem, ...others] = await of({ 'usr/bin/tool': cut });
    assert.match(problem ?? '', /^usr\/bin\/tool: .*section headers: it ends beyond the end of the file/);
    assert.deepEqual(others, []);
  });

  it('are problems where a link leads nowhere, or a folder is none', async () => {
    const root = workFolder();
    writeTree(root, { 'opt/bin/x': 'x', 'usr/lib/cni': 'a file' });
    link(root, 'usr/bin/kubelet', '/opt/kubernetes/kubelet');
    link(root, 'usr/bin/vi', '/etc/alternatives/vi');
    assert.deepEqual(problems(await read(root)), [
      'usr/bin/kubelet: it is a link that leads nowhere',
      'usr/lib/cni: it is a file, not a directory',
    ]);
  });

  it('are absent only where everything was seen', async () => {
    const root = workFolder();
    writeTree(root, { 'usr/bin/large': Buffer.alloc(BIG), 'usr/bin/script': '#!/bin/sh\n' });
    truncateSync(join(root, 'usr/bin/large'), 8 << 20);
    assert.deepEqual(await read(root), { status: 'absent' });
    const unreadable = await read(root, {
      wrap: (path, inode) =>
        inode.kind === 'file' && path.endsWith('large')
          ? {
              ...inode,
              read: () => Promise.reject(new NodewardError('disk-damaged', 'block 7 fails its checksum')),
            }
          : inode,
    });
    assert.deepEqual(unreadable, {
      status: 'failed',
      problems: [{ place: 'usr/bin/large', why: 'block 7 fails its checksum' }],
    });
  });
});
