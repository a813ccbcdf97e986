// Writes the ACL file of a Redis: the users of users.acl, which have no password there, each with its own.
//
//   node infra/redis/make-users.mjs SECRETS OUT [--create] [--namespace NAME]
//
// SECRETS is a folder with producer.password, consumer.password and operator.password. Every line of such a file is a
// password that is accepted; two of them let a password be replaced while processes run. With admin.password there is
// a fourth user, admin, who may do everything. --create makes the three passwords that are missing, and replaces none.
// NAME is the MILLRACE_NAMESPACE of the deployment. OUT holds digests, never a password; it is replaced in one step.
// Exits 1, having written no ACL file, with every problem on a line of its own. docs/operations.md has the whole story.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** The digest is a plain SHA-256: only the length of a password protects it from whoever reads the ACL file. */
const MIN_PASSWORD_LENGTH = 32;
const USAGE = 'usage: node infra/redis/make-users.mjs SECRETS OUT [--create] [--namespace NAME]';

/** @param {readonly string[]} args */
function makeUsers(args) {
  const { secrets, out, create, namespace } = parse(args);
  const template = readFileSync(new URL('users.acl', import.meta.url), 'utf8');
  const names = Array.from(template.matchAll(/^user (\S+) on /gm), ([, name = '']) => name);
  if (create) createMissing(secrets, names);

  const hasAdmin = existsSync(fileOf(secrets, 'admin'));
  const found = [...names, ...(hasAdmin ? ['admin'] : [])].map((name) => ({ name, ...readDigests(secrets, name) }));
  const problems = found.flatMap((one) => one.problems);
  if (problems.length > 0) throw new Error(problems.join('\n'));

  const lines = hasAdmin ? `${template}user admin on resetpass ~* &* +@all\n` : template;
  const digestsOf = new Map(found.map(({ name, digests }) => [name, digests]));
  const users = lines
    .replace(/^user (\S+) on resetpass/gm, (start, name) => `${start} ${digestsOf.get(name)?.join(' ')}`)
    .replace(/(?<= \(?[~&])millrace(?=:)/g, namespace);
  writeFileSync(`${out}.new`, users, { mode: 0o600 });
  renameSync(`${out}.new`, out);
  console.log(`${out}: ${[...digestsOf.keys()].join(', ')}; keys and channels of ${namespace}`);
}

/** @param {readonly string[]} args */
function parse(args) {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { create: { type: 'boolean', default: false }, namespace: { type: 'string', default: 'millrace' } },
  });
  const [secrets, out, ...rest] = positionals;
  if (secrets === undefined || out === undefined || rest.length > 0) throw new Error(USAGE);
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(values.namespace)) {
    throw new Error('--namespace: must be 1 to 64 letters, digits, - or _');
  }
  return { secrets, out, ...values };
}

/**
 * @param {string} secrets
 * @param {readonly string[]} names
 */
function createMissing(secrets, names) {
  mkdirSync(secrets, { recursive: true, mode: 0o700 });
  for (const name of names) {
    if (existsSync(fileOf(secrets, name))) continue;
    // Hexadecimal digits need no escaping where the password stands in a URL.
    writeFileSync(fileOf(secrets, name), `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
  }
}

/**
 * The passwords of a user in Redis' notation, and what is wrong with them.
 * @param {string} secrets
 * @param {string} name
 */
function readDigests(secrets, name) {
  const file = fileOf(secrets, name);
  if (!existsSync(file)) return { digests: [], problems: [`${file}: is not there; --create makes it`] };
  const passwords = readFileSync(file, 'utf8').split(/\r?\n/).filter(Boolean);
  const isGood = passwords.every((one) => /^[!-~]+$/.test(one) && one.length >= MIN_PASSWORD_LENGTH);
  const rule = `at least ${MIN_PASSWORD_LENGTH} characters, ASCII and no spaces, one password per line`;
  return {
    digests: passwords.map((password) => `#${createHash('sha256').update(password).digest('hex')}`),
    problems: isGood && passwords.length > 0 ? [] : [`${file}: must have ${rule}`],
  };
}

/**
 * @param {string} secrets
 * @param {string} name
 */
function fileOf(secrets, name) {
  return join(secrets, `${name}.password`);
}

try {
  makeUsers(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
