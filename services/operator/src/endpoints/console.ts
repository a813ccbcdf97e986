import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ConsoleFile, type ConsoleFiles, pageAtDepth } from '../console-files.js';

/** The screens, and how deep below the beginning each is. What comes behind a screen's name is read by the page alone. */
const SCREENS = [
  '/',
  '/live',
  '/events',
  '/events/:ref',
  '/routes',
  '/routes/:id',
  '/servers',
  '/servers/:name',
  '/consumers',
  '/contexts',
  '/contexts/:id',
  '/dead-letters',
  '/approvals',
  '/audit',
  '/system',
] as const;

/** Scripts, styles and requests of the console come from this service alone; nothing inline, no frame around it. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** How long a browser may keep a file without asking. The names of assets change with their content. */
const FOREVER = 'public, max-age=31536000, immutable';
const ASK_FIRST = 'no-cache';

/**
 * The console: its page at `/` and at the address of each screen, so that links and reloads work, and its assets. They are
 * open to everybody, as the program that they are; what it shows it has to ask for.
 */
export function addConsole(app: FastifyInstance, files: ConsoleFiles): void {
  const pages = [0, 1].map((depth) => pageAtDepth(files, depth));
  for (const path of SCREENS) {
    const page = pages[path.split('/').length - 2] as ConsoleFile;
    app.get(path, async (request, reply) => sendFile(request, reply, page, ASK_FIRST));
  }
  for (const [name, file] of files.assets) {
    const caching = name.startsWith('assets/') ? FOREVER : ASK_FIRST;
    app.get(`/${name}`, async (request, reply) => sendFile(request, reply, file, caching));
  }
}

function sendFile(request: FastifyRequest, reply: FastifyReply, file: ConsoleFile, caching: string): FastifyReply {
  const { type, bytes, gzipped, etag } = file;
  reply.headers({
    'cache-control': caching,
    etag,
    vary: 'accept-encoding',
    'content-security-policy': CONTENT_SECURITY_POLICY,
    'cross-origin-opener-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  });
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  reply.type(type);
  const takesGzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  if (gzipped === undefined || !takesGzip) return reply.send(bytes);
  return reply.header('content-encoding', 'gzip').send(gzipped);
}
