import type { ServerResponse } from 'node:http';
import fastify, { type FastifyInstance } from 'fastify';
import { answerError } from './arm/gateway.ts';
import type { Core } from './core.ts';
import type { Routes } from './ports.ts';

const BODY_BYTES = 4 << 20;

/**
 * The HTTP application: every answer says that it is a sandbox's, and of when; what is due happens before a request, and
 * what a request changed is on disk before its answer.
 */
export function createApp(core: Core, parts: readonly Routes[]): FastifyInstance {
  const app = fastify({
    bodyLimit: BODY_BYTES,
    forceCloseConnections: true,
    // What is refused before it gets anywhere.
    frameworkErrors: (error, request, reply) => {
      stamp(core, reply);
      answerError(error, request, reply);
    },
    routerOptions: { caseSensitive: false, ignoreTrailingSlash: true, maxParamLength: 500 },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    /^application\/([a-z.-]+\+)?json(;|$)/i,
    { parseAs: 'string' },
    (_request, body, done) => {
      if (body === '') return done(null, undefined);
      try {
        done(null, JSON.parse(String(body)));
      } catch {
        done(Object.assign(new Error('The request content is not valid JSON.'), { statusCode: 400 }));
      }
    },
  );
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.addHook('onRequest', async (_request, reply) => {
    core.runDue(core.now());
    stamp(core, reply);
  });
  app.addHook('onSend', async () => core.commit());
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) => {
    const message = `The sandbox has nothing at ${request.method} ${request.url.split('?', 1)[0]}.`;
    void reply.code(404).send({ error: { code: 'NotFound', message } });
  });
  for (const part of parts) app.register(async (scope) => part(scope, core));
  return app;
}

/** No answer may be taken for one of a real cloud. On the response itself, so that those that bypass the framework have it too. */
function stamp(core: Core, { raw }: { readonly raw: ServerResponse }): void {
  raw.setHeader('x-nodeward-sandbox', new Date(core.now()).toISOString());
}
