import type { Span, TraceContext, Tracer } from '@millrace/tracing';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type AcceptEvent, acceptanceOf } from './accept-event.js';

/**
 * A span for each request that takes part in a trace or begins one; probes have none. Returns what says where the span of a
 * request belongs.
 */
export function traceRequests(
  app: FastifyInstance,
  tracer: Tracer,
): (request: FastifyRequest) => TraceContext | undefined {
  const spans = new WeakMap<FastifyRequest, Span>();
  app.addHook('onRequest', (request, _reply, done) => {
    const { url = 'unknown path', logLevel } = request.routeOptions;
    if (logLevel !== 'silent') {
      const attributes = { 'http.request.method': request.method, 'http.route': url };
      const parent = contextIn(request.headers);
      spans.set(request, tracer.start(`${request.method} ${url}`, { kind: 'server', parent, attributes }));
    }
    done();
  });
  // Not before the body is there: what reads it loses track of who is running.
  app.addHook('preHandler', (request, _reply, done) => {
    const span = spans.get(request);
    if (span === undefined) done();
    else tracer.within(span, done);
  });
  app.addHook('onResponse', (request, reply, done) => {
    const span = spans.get(request);
    span?.set({ 'http.response.status_code': reply.statusCode });
    if (reply.statusCode >= 500) span?.fail(String(reply.statusCode));
    span?.end();
    done();
  });
  return (request) => spans.get(request)?.context;
}

/**
 * Accepts as before, each event in a span of its own. An event that does not say which trace it belongs to belongs to
 * that of its request, and says so from then on; one that does is left as it is.
 */
export function traceAcceptance(acceptEvent: AcceptEvent, tracer: Tracer): AcceptEvent {
  return (parsed, sender, waiter) => {
    const { event } = parsed;
    const own = contextIn(event.attributes);
    const request = tracer.current()?.context;
    const attributes = {
      'messaging.system': 'redis',
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
      'messaging.message.id': event.id,
      'cloudevents.event_type': event.type,
      'cloudevents.event_source': event.source,
    };
    const links = own === undefined || request === undefined ? [] : [request];
    const traced = tracer.trace('send events', { kind: 'producer', parent: own, links, attributes }, async (span) => {
      const stamped = { ...event, attributes: { ...event.attributes, ...span.context } };
      const sent = own === undefined ? { ...parsed, event: stamped } : parsed;
      const acceptance = await acceptanceOf(acceptEvent, sent, sender);
      if (acceptance.kind === 'accepted') span.set({ 'millrace.ref': acceptance.answer.ref });
      else span.fail(acceptance.problem.code);
      return acceptance;
    });
    traced.then(
      (acceptance) => waiter.resolve(acceptance),
      (error: unknown) => waiter.reject(error),
    );
  };
}

function contextIn(fields: Readonly<Record<string, unknown>>): TraceContext | undefined {
  const { traceparent, tracestate } = fields;
  if (typeof traceparent !== 'string') return undefined;
  return typeof tracestate === 'string' ? { traceparent, tracestate } : { traceparent };
}
