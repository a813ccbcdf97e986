import type { FastifyInstance } from 'fastify';
import type { ScriptBook } from '../script-book.js';

/**
 * `/scripts`: PUT a list of scripts in place of the old ones, GET them. `/requests`: how often the model was asked since
 * then, and about what: the account that a test compares with its own.
 */
export function addScripts(app: FastifyInstance, book: ScriptBook): void {
  app.get('/scripts', async () => book.scripts);
  app.put('/scripts', async (request) => {
    book.replace(request.body);
    return book.scripts;
  });
  app.get('/requests', async () => book.requests);
}
