import type { FastifyInstance } from 'fastify';

/** Scripts, styles and pictures come from this service alone, so the page works without the internet. */
const CONTENT_SECURITY_POLICY = {
  'default-src': ["'self'"],
  'base-uri': ["'none'"],
  'object-src': ["'none'"],
  'frame-ancestors': ["'none'"],
  'img-src': ["'self'", 'data:'],
  'style-src': ["'self'", "'unsafe-inline'"],
};

/** Adds `/openapi.json`, which is the document as it stands, and `/docs`, the same for people. Both are open to everybody. */
export async function addDocs(app: FastifyInstance, document: object): Promise<void> {
  // Loaded here: services without documentation would pay for it at every start.
  const [{ default: swagger }, { default: swaggerUi }] = await Promise.all([
    import('@fastify/swagger'),
    import('@fastify/swagger-ui'),
  ]);
  // Documents are written by hand: derived from route schemas they could not show several modes of one path with examples,
  // and the schemas would put a serializer between us and the bytes we promise to return. Tests compare them to the routes.
  const text = JSON.stringify(document);
  // The plugin passes on what it is given, but its types end at OpenAPI 3.0.
  await app.register(swagger, { mode: 'static', specification: { document: JSON.parse(text) } });
  app.get('/openapi.json', async (_request, reply) => reply.type('application/json; charset=utf-8').send(text));
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: CONTENT_SECURITY_POLICY,
    uiConfig: { url: '/openapi.json', validatorUrl: null },
  });
}
