import { NodewardError } from '../../base/errors.ts';
import type { Provider } from '../providers.ts';
import type { SandboxInfo } from '../sandbox-info.ts';

/** Where providers come from. */
export interface ProviderSource {
  /** Opens them; of a sandbox as it is now. */
  open(sandbox: SandboxInfo | null): readonly Provider[];
  /** The sandbox that is worked on, as it is now; null where it is a real fleet. */
  sandbox(): SandboxInfo | null;
  /** The data folder, for messages. */
  readonly dataDir: string;
}

/** The providers of a process that runs for long: opened once, and anew where a sandbox was started again. */
export class ProviderHolder {
  readonly #source: ProviderSource;
  #opened: { readonly of: string; readonly providers: readonly Provider[] } | null = null;

  constructor(source: ProviderSource) {
    this.#source = source;
  }

  /** @throws NodewardError sandbox-unavailable where the sandbox does not run */
  async get(): Promise<readonly Provider[]> {
    const sandbox = this.#source.sandbox();
    if (sandbox !== null && !sandbox.running)
      throw new NodewardError(
        'sandbox-unavailable',
        `the sandbox in ${this.#source.dataDir} does not run; its clock stands`,
      );
    const of = sandbox === null ? '' : `${sandbox.url} ${sandbox.token}`;
    if (this.#opened?.of === of) return this.#opened.providers;
    const before = this.#opened;
    this.#opened = { of, providers: this.#source.open(sandbox) };
    const { providers } = this.#opened;
    await Promise.all(before?.providers.map((each) => each.close()) ?? []);
    return providers;
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = null;
    await Promise.all(opened?.providers.map((each) => each.close()) ?? []);
  }
}
