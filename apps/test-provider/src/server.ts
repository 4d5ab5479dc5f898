import { createHash } from 'node:crypto';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Answer, Books, Once } from './books.js';
import { answerErrors, isForm, parseBodies, requireBearer, wantsHtml } from './http.js';
import { pageHeaders, paymentPage } from './page.js';
import { hasExpired } from './payment.js';
import { Refusal } from './refusal.js';
import * as requests from './requests.js';
import type { Settings } from './settings.js';
import type { Silence } from './silence.js';

type WithId = { Params: { id: string } };

/** The API and the customer's page; the README says what each answers. */
export function buildServer(
  books: Books,
  silence: Silence,
  settings: Settings,
  log: (line: string) => void,
): FastifyInstance {
  const app = Fastify({ forceCloseConnections: 'idle' });
  parseBodies(app);
  answerErrors(app, books, log);
  app.get('/health', () => ({ status: 'ok', pid: process.pid, dataDir: settings.dataDir }));
  customerRoutes(app, books);
  void app.register(
    (api, _options, done) => {
      requireBearer(api, settings.secret);
      paymentRoutes(api, books, silence);
      done();
    },
    { prefix: '/v1' },
  );
  return app;
}

function customerRoutes(app: FastifyInstance, books: Books): void {
  app.get<WithId>('/pay/:id', (request, reply) => {
    const payment = books.get(request.params.id);
    const now = Date.now();
    const over = payment.status === 'voided' || hasExpired(payment, now);
    return reply
      .code(over ? 409 : 200)
      .headers(pageHeaders)
      .send(paymentPage(payment, now));
  });

  app.post<WithId>('/pay/:id', async (request, reply) => {
    const { outcome } = requests.read(requests.PageAction, request.body);
    const payment = await books.act(request.params.id, outcome);
    if (!wantsHtml(request)) return books.view(payment);
    if (isForm(request) && payment.returnUrl !== null) return reply.redirect(payment.returnUrl, 303);
    return reply.headers(pageHeaders).send(paymentPage(payment, Date.now()));
  });
}

function paymentRoutes(api: FastifyInstance, books: Books, silence: Silence): void {
  api.post('/payments', async (request, reply) => {
    const input = requests.read(requests.CreatePayment, request.body);
    const answer = books.create(once(request, input), input);
    await Promise.allSettled([answer]);
    await silence.keep(books.byReference(input.reference), reply);
    return send(reply, await answer);
  });

  api.get<{ Querystring: Record<string, unknown> }>('/payments', async (request, reply) => {
    if ('reference' in request.query) {
      const { reference } = requests.read(requests.FindPayments, request.query);
      await silence.keep(books.byReference(reference), reply);
      const found = books.byReference(reference);
      return { items: found ? [books.view(found)] : [] };
    }
    const { limit, after } = requests.read(requests.ListPayments, request.query);
    const payments = books.page(after, limit + 1);
    const items = payments.slice(0, limit).map((payment) => books.view(payment));
    return { items, next: payments.length > limit ? items.at(-1)?.id : null };
  });

  api.get<WithId>('/payments/:id', async (request, reply) => {
    await silence.keep(books.get(request.params.id), reply);
    return books.view(books.get(request.params.id));
  });

  api.post<WithId>('/payments/:id/capture', async (request, reply) => {
    const input = requests.read(requests.CapturePayment, request.body);
    return send(reply, await books.capture(once(request, input), request.params.id, input.amount));
  });

  api.post<WithId>('/payments/:id/refunds', async (request, reply) => {
    const input = requests.read(requests.RefundPayment, request.body);
    return send(reply, await books.refund(once(request, input), request.params.id, input.reference, input.amount));
  });

  api.post<WithId>('/payments/:id/void', async (request, reply) => {
    const input = requests.read(requests.VoidPayment, request.body);
    return send(reply, await books.void(once(request, input), request.params.id));
  });

  api.post('/payments/void', async (request, reply) => {
    const input = requests.read(requests.VoidByReference, request.body);
    return send(reply, await books.voidByReference(once(request, input), input.reference));
  });
}

/** Two requests are the same one when path and checked input are. */
function once(request: FastifyRequest, input: object): Once {
  const key = requests.IdempotencyKey.safeParse(request.headers['idempotency-key']);
  if (!key.success)
    throw new Refusal(
      'idempotency_key_required',
      'Idempotency-Key must be given: 1 to 200 printable ASCII characters.',
    );
  const fingerprint = createHash('sha256')
    .update(`${request.url} ${JSON.stringify(input)}`)
    .digest('base64');
  return { key: key.data, fingerprint };
}

function send(reply: FastifyReply, { status, json }: Answer): FastifyReply {
  return reply.code(status).type('application/json; charset=utf-8').send(json);
}
