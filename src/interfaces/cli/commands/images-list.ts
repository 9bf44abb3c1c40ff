import { NodewardError } from '../../../base/errors.ts';
import type { NodeImage } from '../../../model/image.ts';
import type { RunContext } from '../command.ts';
import { renderListing } from '../output.ts';

/** `nodeward images list`. */
export async function run(context: RunContext): Promise<number> {
  const { args, workspace } = context;
  const catalogue = workspace.catalogue();
  const family = args.text('family')?.toLowerCase() ?? null;
  const images = catalogue
    .images()
    .filter((image) => family === null || image.family.toLowerCase() === family);
  if (images.length === 0 && family !== null) {
    throw new NodewardError(
      'family-unknown',
      `no image of the catalogue is of the family ${args.text('family')}`,
    );
  }
  const listing = args.flag('families') ? familyListing(images) : imageListing(images);
  context.out(renderListing(args.text('format'), listing, listing.json));
  const { info } = catalogue;
  const origin = workspace.catalogueOrigin() === 'snapshot' ? 'the shipped snapshot' : info.source;
  context.note(`${info.images} images of ${info.families} families up to ${info.newest}, from ${origin}`);
  return 0;
}

function imageListing(images: readonly NodeImage[]) {
  const rows = images.map(({ name, channel, buildDate }) => [name, channel, buildDate ?? 'unknown']);
  return { columns: ['image', 'channel', 'built'], rows, json: images };
}

function familyListing(images: readonly NodeImage[]) {
  const groups = [...Map.groupBy(images, ({ family, channel }) => `${family}\n${channel}`).values()];
  const json = groups.map((group) => ({
    family: group[0]?.family ?? '',
    channel: group[0]?.channel ?? 'NodeImage',
    images: group.length,
    oldest: group[0]?.version ?? '',
    newest: group.at(-1)?.version ?? '',
  }));
  const rows = json.map((each) => [each.family, each.channel, String(each.images), each.oldest, each.newest]);
  return { columns: ['family', 'channel', 'images', 'oldest', 'newest'], rows, json };
}
