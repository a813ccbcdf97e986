/**
 * Prints one plain line. Every command reports its progress this way, on a terminal and in a CI log alike.
 * @param {string} line
 */
export function say(line) {
  process.stdout.write(`${line}\n`);
}
