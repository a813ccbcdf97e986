import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** For one answer, in ms. */
const ANSWER_TIMEOUT_MS = 10_000;

/**
 * @typedef {string | number | null | Reply[]} Reply
 *
 * @typedef {object} RedisConnection one command at a time, without any dependency
 * @property {(...command: string[]) => Promise<Reply>} send rejects with what Redis says
 * @property {() => void} close
 */

/**
 * @param {string} url `redis://user:password@host:port`, or `rediss://`
 * @returns {Promise<RedisConnection>}
 */
export async function connectToRedis(url) {
  const { protocol, hostname, port, username, password } = new URL(url);
  const address = { host: hostname, port: Number(port || 6379) };
  const socket = protocol === 'rediss:' ? connectTls({ ...address, servername: hostname }) : connect(address);
  socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy(new Error('Redis did not answer in time')));
  await once(socket, protocol === 'rediss:' ? 'secureConnect' : 'connect');
  const chunks = socket.iterator({ destroyOnReturn: false });
  let text = '';

  /** @returns {Promise<string>} up to the next line break */
  async function line() {
    while (!text.includes('\r\n')) await more();
    const end = text.indexOf('\r\n');
    const found = text.slice(0, end);
    text = text.slice(end + 2);
    return found;
  }

  async function more() {
    const { value, done } = await chunks.next();
    if (done) throw new Error('Redis has closed the connection');
    // Every byte a character, so that lengths in bytes are lengths.
    text += value.toString('latin1');
  }

  /** @returns {Promise<Reply>} */
  async function reply() {
    const head = await line();
    const rest = head.slice(1);
    if (head[0] === '-') throw new Error(rest);
    if (head[0] === ':') return Number(rest);
    if (head[0] === '+') return rest;
    const count = Number(rest);
    if (count < 0) return null;
    if (head[0] === '$') {
      while (text.length < count + 2) await more();
      const found = text.slice(0, count);
      text = text.slice(count + 2);
      return found;
    }
    /** @type {Reply[]} */
    const items = [];
    for (let n = 0; n < count; n++) items.push(await reply());
    return items;
  }

  /** @param {string[]} command */
  const send = async (...command) => {
    const parts = command.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`);
    socket.write(`*${command.length}\r\n${parts.join('')}`);
    return reply();
  };
  const secret = decodeURIComponent(password);
  if (secret !== '') await send('AUTH', ...(username === '' ? [] : [decodeURIComponent(username)]), secret);
  return { send, close: () => socket.destroy() };
}
