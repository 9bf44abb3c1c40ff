/** They are refused on a sandbox, whose data are those of its day. */
const REAL_ONLY = /^nodeward (?:db update|db build|images update)\b/;

/**
 * Commands that a text for people names, for a sandbox: whoever copies one must not reach what is real with it.
 * `nodeward sync` → `nodeward sync --sandbox`. Commands that are about a sandbox anyway stay as they are.
 */
export function sandboxHints(text: string): string {
  return text.replaceAll(/`(nodeward (?!sandbox\b)[^`]*)`/g, (hint, command: string) => {
    if (REAL_ONLY.test(command)) return `${hint} (not in a sandbox)`;
    return command.includes('--sandbox') ? hint : `\`${command} --sandbox\``;
  });
}
