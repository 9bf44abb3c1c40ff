import type { Routes } from '../ports.ts';

/** `Microsoft.Compute`. */
export const computeRoutes: Routes = () => {};
