/**
 * Commands that a text for people names, for a sandbox: whoever copies one must not reach what is real with it.
 * `nodeward sync` → `nodeward sync --sandbox`. Commands that are about a sandbox anyway stay as they are.
 */
export function sandboxHints(text: string): string {
  return text.replaceAll(/`(nodeward (?!sandbox\b)[^`]*)`/g, (hint, command: string) =>
    command.includes('--sandbox') ? hint : `\`${command} --sandbox\``,
  );
}
