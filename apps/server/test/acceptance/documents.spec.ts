import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, it } from '@jest/globals';
import { onEveryTopology } from '../shop.js';

interface Operation {
  operationId: string;
  summary: string;
  parameters?: { name: string }[];
  responses: Record<string, Described & { $ref?: string }>;
}

interface Described {
  content?: Record<string, { examples?: Record<string, { value: { code: string; status: number } }> }>;
}

/** What was promised first: what each operation answers, and the errors that are its own. */
const operations: Record<string, [answer: number, ...errors: string[]]> = {
  'POST /api/v1/auth/register': [201, 'identity.email_taken', 'identity.busy'],
  'POST /api/v1/auth/login': [200, 'identity.credentials_wrong', 'identity.too_many_attempts', 'identity.busy'],
  'POST /api/v1/auth/refresh': [200, 'identity.refresh_token_invalid'],
  'POST /api/v1/auth/logout': [204],
  'GET /api/v1/me': [200],
  'POST /api/v1/admin/signing-keys': [201, 'kernel.forbidden'],
  'GET /.well-known/jwks.json': [200],
  'POST /api/v1/products/import': [
    200,
    'kernel.forbidden',
    'catalog.import.file_empty',
    'catalog.import.not_csv',
    'catalog.import.columns_missing',
  ],
  'POST /api/v1/products': [
    201,
    'kernel.forbidden',
    'catalog.options_inconsistent',
    'catalog.currency_differs',
    'catalog.sku_repeated',
    'catalog.sku_taken',
    'catalog.handle_taken',
  ],
  'GET /api/v1/products': [200, 'catalog.cursor_invalid', 'kernel.forbidden'],
  'GET /api/v1/categories': [200],
  'GET /api/v1/products/{idOrHandle}': [200, 'catalog.product_not_found'],
  'PATCH /api/v1/products/{idOrHandle}': [
    200,
    'kernel.forbidden',
    'catalog.product_not_found',
    'catalog.product_changed',
    'catalog.options_inconsistent',
    'catalog.currency_differs',
    'catalog.sku_taken',
  ],
  'POST /api/v1/products/{idOrHandle}/publish': [200, 'kernel.forbidden', 'catalog.product_not_found'],
  'POST /api/v1/products/{idOrHandle}/archive': [200, 'kernel.forbidden', 'catalog.product_not_found'],
  'GET /api/v1/stock/{sku}': [200, 'inventory.sku_not_found'],
  'PUT /api/v1/stock/{sku}': [200, 'kernel.forbidden', 'inventory.below_reserved'],
  'POST /api/v1/carts': [201],
  'GET /api/v1/carts/{id}': [200, 'cart.not_found', 'cart.total_too_large'],
  'POST /api/v1/carts/{id}/claim': [200, 'cart.not_found', 'cart.not_active', 'ordering.cart_has_order'],
  'PUT /api/v1/carts/{id}/items/{sku}': [
    200,
    'cart.not_found',
    'cart.sku_not_found',
    'cart.not_active',
    'cart.too_many_lines',
  ],
  'DELETE /api/v1/carts/{id}/items/{sku}': [200, 'cart.not_found', 'cart.not_active'],
  'POST /api/v1/carts/{id}/checkout': [
    202,
    'http.idempotency_key_required',
    'cart.not_found',
    'cart.not_active',
    'ordering.cart_empty',
    'ordering.cart_has_order',
    'ordering.product_unavailable',
    'ordering.currency_differs',
    'ordering.total_too_large',
  ],
  'GET /api/v1/orders': [200],
  'POST /api/v1/orders/{id}/ship': [202, 'kernel.forbidden', 'ordering.order_not_found', 'ordering.not_shippable'],
  'GET /api/v1/orders/{id}': [200, 'ordering.order_not_found'],
  'POST /api/v1/orders/{id}/cancel': [202, 'ordering.order_not_found', 'ordering.not_cancellable'],
  'GET /api/v1/orders/{id}/payment': [200, 'payments.payment_not_found'],
  'POST /api/v1/payments/{id}/refunds': [
    202,
    'http.idempotency_key_required',
    'payments.payment_not_found',
    'payments.refund_exceeds_captured',
    'payments.currency_mismatch',
  ],
  'POST /api/v1/webhooks/{provider}': [
    202,
    'payments.provider_not_found',
    'payments.webhook_signature_invalid',
    'payments.webhook_invalid',
  ],
  'GET /api/v1/admin/dead-letters': [200, 'kernel.forbidden', 'operations.context_not_found'],
  'POST /api/v1/admin/dead-letters/{id}/redrive': [202, 'kernel.forbidden', 'operations.dead_letter_not_found'],
  'DELETE /api/v1/admin/dead-letters/{id}': [204, 'kernel.forbidden', 'operations.dead_letter_not_found'],
  'POST /api/v1/admin/contexts/{context}/replays': [
    202,
    'kernel.forbidden',
    'operations.context_not_found',
    'operations.destination_not_found',
  ],
  'GET /api/v1/admin/flows/{correlationId}': [200, 'kernel.forbidden', 'operations.flow_not_found'],
};
const everywhere = [
  'http.bad_request',
  'http.request_timeout',
  'http.headers_too_large',
  'kernel.unauthenticated',
  'kernel.invalid_input',
  'internal',
  'kernel.unavailable',
  'kernel.deadline_exceeded',
  'kernel.outcome_unknown',
];
const changing = [
  'http.bad_json',
  'http.idempotency_key_invalid',
  'http.payload_too_large',
  'http.unsupported_media_type',
];
/** Those whose answer holds a secret, of which nothing is kept for a repeat. */
const withoutKey = ['POST /api/v1/auth/login', 'POST /api/v1/auth/refresh', 'POST /api/v1/carts'];

onEveryTopology('the documents', (shop) => {
  it('describe the API in OpenAPI 3.1, each operation with its answer and its errors', async () => {
    const { body, headers } = await shop().http.get('/api/openapi.json').expect(200);
    expect(headers['content-type']).toMatch(/^application\/json/);
    expect(body.openapi).toMatch(/^3\.1\./);
    const documented = Object.entries(body.paths as Record<string, Record<string, Operation>>).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]): [string, Operation] => [
        `${method.toUpperCase()} ${path}`,
        operation,
      ]),
    );
    expect(documented.map(([name]) => name)).toEqual(expect.arrayContaining(Object.keys(operations)));
    expect(new Set(documented.map(([, { operationId }]) => operationId)).size).toBe(documented.length);
    const shared = body.components.responses as Record<string, Described>;
    for (const [name, { summary, parameters = [], responses }] of documented) {
      const [answer, ...own] = operations[name] ?? [];
      const refused = Object.entries(responses).filter(([status]) => Number(status) >= 400);
      const problems = refused.flatMap(([status, { $ref = '', content }]) => {
        const described = content ?? shared[$ref.split('/').at(-1)!]!.content!;
        return Object.entries(described['application/problem+json']!.examples!).map(([code, { value }]) => {
          expect([name, value]).toEqual([name, expect.objectContaining({ code, status: Number(status) })]);
          return code;
        });
      });
      expect([name, Object.keys(responses)]).toEqual([name, expect.arrayContaining(answer ? [String(answer)] : [])]);
      expect([name, problems]).toEqual([
        name,
        expect.arrayContaining([...everywhere, ...(name.startsWith('GET') ? [] : changing), ...own]),
      ]);
      const keyed = !name.startsWith('GET') && !withoutKey.includes(name);
      expect([name, parameters.some((one) => one.name === 'Idempotency-Key')]).toEqual([name, keyed]);
      expect([name, problems.includes('kernel.call_id_reused')]).toEqual([name, keyed]);
      expect(summary).toMatch(/\.$/);
    }
  });

  it('are valid by the specification of OpenAPI 3.1', async () => {
    const { body } = await shop().http.get('/api/openapi.json').expect(200);
    expect(await new Validator().validate(body)).toEqual({ valid: true });
  });

  it('refer to nothing that is not in them', async () => {
    const { body, text } = await shop().http.get('/api/openapi.json').expect(200);
    const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference!);
    expect(references.length).toBeGreaterThan(10);
    for (const reference of references) expect(body).toHaveProperty(reference.slice('#/'.length).split('/'));
    expect(body.components.schemas.Problem).toMatchObject({ type: 'object', properties: { code: {}, traceId: {} } });
  });

  it('are a page too, which loads all of itself from here', async () => {
    const page = await shop().http.get('/api/docs').expect(200);
    expect(page.headers['content-type']).toMatch(/^text\/html/);
    const assets = [...page.text.matchAll(/<(?:script|link|img)[^>]+(?:src|href)="([^"]+)"/g)].map(
      ([, link]) => new URL(link!, `${shop().server.url}/api/docs`),
    );
    expect(assets.length).toBeGreaterThan(3);
    for (const asset of assets) {
      expect(asset.origin).toBe(shop().server.url);
      const answer = await fetch(asset);
      expect([asset.pathname, answer.status]).toEqual([asset.pathname, 200]);
      await answer.bytes();
    }
  });

  it('come with probes: it lives, it is ready, it has started', async () => {
    for (const probe of ['live', 'ready', 'startup'])
      expect((await shop().http.get(`/health/${probe}`).expect(200)).body.status).toBe('ok');
  });
});
