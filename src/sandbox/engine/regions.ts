import type { SandboxImage, SandboxImages } from '../types.ts';

const DAY_MS = 86_400_000;

/**
 * The waves in which regions get a new node image: canary regions first, the large ones last. Numbers are days after
 * the image was built.
 */
export const WAVES: readonly { readonly days: number; readonly regions: readonly string[] }[] = [
  { days: 0, regions: ['centraluseuap', 'eastus2euap'] },
  { days: 2, regions: ['westcentralus'] },
  { days: 4, regions: ['uksouth', 'brazilsouth', 'australiacentral', 'koreasouth'] },
  { days: 6, regions: ['westus2', 'northeurope', 'japanwest', 'canadaeast', 'switzerlandwest'] },
  {
    days: 8,
    regions: ['centralus', 'francecentral', 'germanywestcentral', 'southeastasia', 'swedencentral'],
  },
  { days: 10, regions: ['southcentralus', 'westeurope', 'australiaeast', 'japaneast', 'centralindia'] },
  { days: 13, regions: ['eastus', 'eastus2', 'westus', 'westus3', 'eastasia'] },
];

/** How many days a region waits for an image. Regions that no wave names get it last. */
export function lagDays(location: string): number {
  const wave = WAVES.find(({ regions }) => regions.includes(location.toLowerCase()));
  return wave?.days ?? 13;
}

/** Which images each region has, and since when. */
export class Rollout {
  readonly #byName = new Map<string, SandboxImage>();
  readonly #families = new Map<string, SandboxImage[]>();

  constructor({ images }: SandboxImages) {
    for (const image of images) {
      this.#byName.set(image.name.toLowerCase(), image);
      const family = this.#families.get(image.family);
      if (family === undefined) this.#families.set(image.family, [image]);
      else family.push(image);
    }
  }

  get families(): Iterable<string> {
    return this.#families.keys();
  }

  /** An image by its name in any case. */
  find(name: string): SandboxImage | undefined {
    return this.#byName.get(name.toLowerCase());
  }

  /** All images of a family, oldest first. */
  imagesOf(family: string): readonly SandboxImage[] {
    return this.#families.get(family) ?? [];
  }

  /** Since when a region has an image, epoch ms; null for an image that is not known. */
  availableAt(name: string, location: string): number | null {
    const image = this.find(name);
    return image === undefined ? null : Date.parse(image.buildDate) + lagDays(location) * DAY_MS;
  }

  /** The images of a family that a region has at an instant, newest first. */
  offered(family: string, location: string, now: number): readonly SandboxImage[] {
    const until = now - lagDays(location) * DAY_MS;
    return this.imagesOf(family)
      .filter(({ buildDate }) => Date.parse(buildDate) <= until)
      .reverse();
  }

  latest(family: string, location: string, now: number): SandboxImage | undefined {
    const until = now - lagDays(location) * DAY_MS;
    return this.imagesOf(family).findLast(({ buildDate }) => Date.parse(buildDate) <= until);
  }
}
