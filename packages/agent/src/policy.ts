/** A tool by the name of its server and its own. */
export interface ToolName {
  readonly server: string;
  readonly tool: string;
}

/** `server/tool`; in both, `*` stands for any characters, none included. */
const PATTERN = /^[A-Za-z0-9_*-]{1,64}\/[^\s/]{1,128}$/;

/** Whether a text is a pattern of tools. */
export function isToolPattern(text: string): boolean {
  return PATTERN.test(text);
}

/**
 * Whether any of the patterns is for this tool. Nothing else decides about it: neither the prompt, nor the event, nor the
 * model, nor what a server says of itself. Without patterns nothing is allowed; what is no pattern allows nothing.
 */
export function isAllowed(patterns: readonly string[], { server, tool }: ToolName): boolean {
  return patterns.some((pattern) => {
    if (!isToolPattern(pattern)) return false;
    const at = pattern.indexOf('/');
    return fits(pattern.slice(0, at), server) && fits(pattern.slice(at + 1), tool);
  });
}

/** Takes the shortest match for each star, which finds one whenever there is one, in linear time. */
function fits(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
