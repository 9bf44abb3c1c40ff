import type { ClusterApi, Routes, SandboxCore } from '../ports.ts';

/** The Kubernetes API of each cluster. */
export function createKubernetes(_core: SandboxCore): { readonly api: ClusterApi; readonly routes: Routes } {
  return {
    api: {
      nodeChanged: () => {},
      drain: () => ({ done: true, blocked: [] }),
      settlePods: () => {},
      event: () => {},
    },
    routes: () => {},
  };
}
