import type { Catalogue, CatalogueEntry } from '../evidence/images/index.ts';
import type { Component } from '../model/software.ts';
import type { SandboxImage, SandboxImages } from '../sandbox/index.ts';
import { kubernetes } from '../versions/kubernetes/kubernetes.ts';
import { parseNodeImageName } from '../versions/node-image/name.ts';

/** The real images that a sandbox is made of. */
export function sandboxImages(catalogue: Catalogue): SandboxImages {
  const lists = catalogue.lists();
  // Images of one list share its components.
  const components = new Map<number, readonly Component[]>();
  const componentsOf = (list: number): readonly Component[] => {
    const known = components.get(list);
    if (known !== undefined) return known;
    const found = [...(lists[list]?.components ?? [])].map((id) => catalogue.componentAt(id));
    components.set(list, found);
    return found;
  };
  return {
    images: [...catalogue.entries()].flatMap((entry) => sandboxImage(entry, componentsOf(entry.list))),
    software: (name) => {
      const found = catalogue.find(name);
      return found === null || found.software.packages.length === 0 ? null : found.software;
    },
  };
}

function sandboxImage(entry: CatalogueEntry, components: readonly Component[]): readonly SandboxImage[] {
  const { image, os, runningKernel } = entry;
  if (image.channel !== 'NodeImage' || image.buildDate === null || parseNodeImageName(image.name) === null)
    return [];
  const kubelets = new Set(components.filter(({ name }) => name === 'kubelet').map(({ version }) => version));
  const containerd = components.find(({ name, role }) => name === 'containerd' && role === 'installed');
  return [
    {
      name: image.name,
      family: image.family,
      version: image.version,
      buildDate: image.buildDate,
      osImage: os?.prettyName ?? '',
      kernel: runningKernel,
      kubelets: [...kubelets].filter((each) => /^\d+\.\d+\.\d+$/.test(each)).sort(byVersion),
      containerd: containerd?.version ?? null,
    },
  ];
}

function byVersion(a: string, b: string): number {
  const result = kubernetes.compare(a, b);
  return result.ok ? result.value : 0;
}
