import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';

const LIMIT_MS = 2_000;
const MAX_REPLY_BYTES = 1024 * 1024;

/**
 * Sends one command to a Redis and resolves with its reply, a string or a number as text. Rejects when the server
 * cannot be reached, refuses the command, or says nothing for two seconds. Enough to look at a server before the real
 * client is installed; no more.
 * @param {string} url redis:// or rediss://, with user and password where needed
 * @param {readonly string[]} command
 * @returns {Promise<string>}
 */
export function askRedis(url, command) {
  const { hostname, port, username, password, protocol } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '') || '127.0.0.1';
  const address = { host, port: Number(port || 6379), servername: host };
  const credentials = [username, password].filter(Boolean).map(decodeURIComponent);
  const commands = credentials.length > 0 ? [['AUTH', ...credentials], command] : [command];
  return new Promise((resolve, reject) => {
    const socket = protocol === 'rediss:' ? connectTls(address) : connectTcp(address);
    const limit = setTimeout(() => socket.destroy(new Error(`no answer within ${LIMIT_MS / 1_000} s`)), LIMIT_MS);
    let received = Buffer.alloc(0);
    socket.once('error', reject);
    socket.once('close', () => {
      clearTimeout(limit);
      reject(new Error('the connection was closed without an answer'));
    });
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      const replies = parseReplies(received);
      const refused = replies.find((reply) => reply.kind === 'error');
      const last = replies[commands.length - 1];
      if (refused !== undefined) socket.destroy(new Error(refused.text));
      else if (last !== undefined) resolve(last.text);
      else if (received.length > MAX_REPLY_BYTES) socket.destroy(new Error('the reply is larger than 1 MiB'));
      if (last !== undefined) socket.end();
    });
    socket.write(commands.map(encodeCommand).join(''));
  });
}

/** @param {readonly string[]} command */
function encodeCommand(command) {
  return `*${command.length}\r\n${command.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join('')}`;
}

/**
 * The whole replies at the start of a buffer. Lists are left out: no command that is sent here answers with one.
 * @param {Buffer} received
 */
function parseReplies(received) {
  /** @type {{ kind: 'value' | 'error', text: string }[]} */
  const replies = [];
  let at = 0;
  for (;;) {
    const lineEnd = received.indexOf('\r\n', at);
    if (lineEnd < 0) return replies;
    const marker = received.toString('latin1', at, at + 1);
    const line = received.toString('utf8', at + 1, lineEnd);
    at = lineEnd + 2;
    if (marker !== '$') {
      replies.push({ kind: marker === '-' ? 'error' : 'value', text: line });
      continue;
    }
    const size = Math.max(Number(line), 0);
    if (received.length < at + size + 2) return replies;
    replies.push({ kind: 'value', text: received.toString('utf8', at, at + size) });
    at += size + 2;
  }
}
