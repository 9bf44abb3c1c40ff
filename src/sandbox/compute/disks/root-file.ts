/** One file of a root: its path without the leading slash, and its text or where it links to. */
export type RootFile =
  | { readonly path: string; readonly text: string }
  | { readonly path: string; readonly target: string };
