import { NodewardError } from '../../../base/errors.ts';
import { printable } from '../../../base/text.ts';
import { type Fleet, importSbom, nodeDetail, nodeViews } from '../../../pipeline/fleet/index.ts';
import { renderNode } from '../../render/fleet/node.ts';
import { NODES } from '../../render/fleet/nodes.ts';
import { instantWords } from '../../render/fleet/words.ts';
import type { RunContext } from '../command.ts';
import { showList, withFleet } from '../fleet.ts';
import { fleetContext, formatOf } from '../output.ts';

/** `nodeward nodes`. */
export async function run(context: RunContext): Promise<number> {
  const { args } = context;
  const [name = null] = args.positionals;
  const sbom = args.text('sbom');
  const [cluster, pool] = [args.text('cluster'), args.text('pool')];
  if (name !== null && (cluster !== null || pool !== null))
    throw new NodewardError('usage', 'NODE goes with neither --cluster nor --pool');
  if (name === null && sbom !== null) throw new NodewardError('usage', '--sbom needs the NODE that it is of');
  await withFleet(context, { create: false }, async (fleet) => {
    if (sbom !== null && name !== null) return takeSbom(context, fleet, { name, sbom });
    if (name !== null) return showNode(context, fleet, name);
    const items = await nodeViews(fleet, { cluster, pool });
    return showList(context, fleet, { items, form: NODES, none: 'No nodes were found' });
  });
  return 0;
}

async function showNode(context: RunContext, fleet: Fleet, name: string): Promise<void> {
  const detail = await nodeDetail(fleet, name);
  context.write(renderNode(formatOf(context), detail, fleetContext(context)));
}

async function takeSbom(
  context: RunContext,
  fleet: Fleet,
  { name, sbom }: { readonly name: string; readonly sbom: string },
): Promise<void> {
  const { takenAt, confidence, gaps } = await importSbom(fleet, name, sbom);
  context.out(
    printable(`${name} has ${sbom} as evidence of ${instantWords(takenAt)}, confidence ${confidence}.`),
  );
  for (const { code, detail } of gaps) context.out(printable(`  ${code}: ${detail}`));
}
