import { printable } from '../../../base/text.ts';
import type { ImageEvidence } from '../../../model/image.ts';
import { imageDetails } from '../../../pipeline/assess.ts';
import type { RunContext } from '../command.ts';
import { renderListing } from '../output.ts';

/** `nodeward images show`. */
export async function run(context: RunContext): Promise<number> {
  const [name = ''] = context.args.positionals;
  const { evidence, digest } = imageDetails(context.workspace, name);
  const format = context.args.text('format');
  const { image, software, gaps } = evidence;
  const listing = {
    columns: ['kind', 'name', 'version', 'arch', 'role'],
    rows: [
      ...software.components.map((each) => ['component', each.name, each.version, '', each.role]),
      ...software.packages.map((each) => ['package', each.name, each.version, each.arch, '']),
      ...software.updates.map((each) => ['update', each, '', '', '']),
    ],
  };
  const text = renderListing(format, listing, { image, software: { digest, ...software }, gaps });
  context.out(format === null || format === 'table' ? header(evidence, digest) + text : text);
  return 0;
}

function header({ image, software, gaps }: ImageEvidence, digest: string): string {
  const { os, runningKernel, fips, packages, components } = software;
  const lines = [
    image.name,
    `  family    ${image.family} (${image.channel} channel)`,
    `  built     ${image.buildDate ?? 'unknown'}`,
    `  os        ${os === null ? 'unknown' : `${os.prettyName} (${os.id} ${os.versionId})`}`,
    `  kernel    ${runningKernel ?? 'unknown'}`,
    `  fips      ${fips === null ? 'unknown' : fips ? 'yes' : 'no'}`,
    `  software  ${packages.length} packages, ${components.length} components, ${digest}`,
    ...gaps.map(({ code, detail }) => `  gap       ${code}: ${detail}`),
  ];
  return `${lines.map(printable).join('\n')}\n\n`;
}
