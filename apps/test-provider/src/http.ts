import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify';
import type { Books } from './books.js';
import { messagePage, pageHeaders, paymentPage } from './page.js';
import { Refusal } from './refusal.js';

const form = 'application/x-www-form-urlencoded';

/** JSON, of which an empty body is none at all, and the forms that browsers send. */
export function parseBodies(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else void parseJson(request, body as string, done);
  });
  app.addContentTypeParser(form, { parseAs: 'string' }, (_request, body, done) => {
    done(null, Object.fromEntries(new URLSearchParams(body as string)));
  });
}

export function isForm(request: FastifyRequest): boolean {
  return request.headers['content-type']?.startsWith(form) ?? false;
}

export function wantsHtml(request: FastifyRequest): boolean {
  return request.headers.accept?.includes('text/html') ?? false;
}

/** Lets in who bears the secret; compared by digest, in a time that tells nothing of it. */
export function requireBearer(api: FastifyInstance, secret: string): void {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const expected = digest(`Bearer ${secret}`);
  api.addHook('onRequest', (request, _reply, done) => {
    if (timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) done();
    else done(new Refusal('unauthorized', 'Authorization must be "Bearer" and the API key.'));
  });
}

/** Every error is {code, message}, with the payment it is about; on the customer's page it is a page. */
export function answerErrors(app: FastifyInstance, books: Books, log: (line: string) => void): void {
  app.setNotFoundHandler((request) => {
    throw new Refusal('not_found', `There is no ${request.method} ${request.url}.`);
  });
  app.setErrorHandler((error: FastifyError | Refusal, request, reply) => {
    const status = error instanceof Refusal ? error.status : statusOf(error);
    const payment = error instanceof Refusal ? error.payment : undefined;
    const message = status === 500 ? 'The provider failed; its log says why.' : error.message;
    if (status === 500) log(`${request.method} ${request.url} failed: ${error.stack}`);
    void reply.code(status);
    if (request.url.startsWith('/pay/') && wantsHtml(request))
      return reply.headers(pageHeaders).send(payment ? paymentPage(payment, Date.now()) : messagePage(message));
    const code = error instanceof Refusal ? error.code : codeOf(status);
    return reply.send({ code, message, ...(payment && { payment: books.view(payment) }) });
  });
}

/** Fastify's own errors: what it calls a bad request is bad input here, like any other. */
function statusOf({ statusCode = 500 }: FastifyError): number {
  if (statusCode === 400) return 422;
  return statusCode < 500 ? statusCode : 500;
}

function codeOf(status: number): string {
  return status === 500 ? 'internal' : 'invalid_request';
}
