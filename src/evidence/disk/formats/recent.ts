/** The values used last, up to a number of them. Values asked for again while they are loaded are loaded once. */
export class Recent<Value> {
  readonly #limit: number;
  readonly #kept = new Map<number, Value>();
  readonly #loading = new Map<number, Promise<Value>>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The value if it is kept. */
  peek(key: number): Value | undefined {
    const value = this.#kept.get(key);
    if (value === undefined) return undefined;
    this.#kept.delete(key);
    this.#kept.set(key, value);
    return value;
  }

  /** The value, kept or loaded. What fails to load is not kept: the next caller tries again. */
  async get(key: number, load: () => Promise<Value>): Promise<Value> {
    const kept = this.peek(key);
    if (kept !== undefined) return kept;
    const loading = this.#loading.get(key) ?? this.#load(key, load);
    return loading;
  }

  #load(key: number, load: () => Promise<Value>): Promise<Value> {
    const loading = (async () => {
      try {
        const value = await load();
        this.#keep(key, value);
        return value;
      } finally {
        this.#loading.delete(key);
      }
    })();
    this.#loading.set(key, loading);
    return loading;
  }

  #keep(key: number, value: Value): void {
    this.#kept.set(key, value);
    if (this.#kept.size <= this.#limit) return;
    for (const oldest of this.#kept.keys()) {
      this.#kept.delete(oldest);
      return;
    }
  }
}
