import { randomUUID } from 'node:crypto';
import Fastify from 'fastify';
import pg from 'pg';

/** The yardstick: Fastify and pg alone, prepared statements, no log, no checks, no context. */
const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 16 });

interface Row {
  document: object;
}

const one = { name: 'one', text: `select document from catalog.product where id = $1 and status = 'published'` };
const page = {
  name: 'page',
  text: `select document from catalog.product where status = 'published' order by id desc limit 20`,
};

const app = Fastify();
app.get<{ Params: { id: string } }>('/products/:id', async ({ params }, reply) => {
  const { rows } = await pool.query<Row>({ ...one, values: [params.id] });
  return rows[0]?.document ?? reply.code(404).send();
});
app.get('/products', async () => {
  const { rows } = await pool.query<Row>(page);
  return { items: rows.map(({ document }) => document) };
});
/** What a checkout must write at the least: five statements in one transaction. */
app.post<{ Body: { cartId: string; sku: string; shippingAddress: object } }>('/checkout', async ({ body }) => {
  const { cartId, sku, shippingAddress } = body;
  const orderId = randomUUID();
  const client = await pool.connect();
  const run = (name: string, text: string, values: unknown[]) => client.query({ name, text, values });
  try {
    await client.query('begin');
    await run('order', 'insert into orders (id, cart_id, sku, amount, data) values ($1, $2, $3, 1250, $4)', [
      orderId,
      cartId,
      sku,
      JSON.stringify(shippingAddress),
    ]);
    const { rowCount } = await run('stock', 'update stock set on_hand = on_hand - 1 where sku = $1 and on_hand >= 1', [
      sku,
    ]);
    if (rowCount !== 1) throw new Error(`${sku} is sold out`);
    await run('payment', `insert into payment (id, order_id, amount, status) values ($1, $2, 1250, 'captured')`, [
      randomUUID(),
      orderId,
    ]);
    await run(
      'cart',
      `insert into cart (id, status) values ($1, 'checked_out') on conflict (id) do update set status = excluded.status`,
      [cartId],
    );
    await run('event', `insert into event (name, payload) values ('order-placed', $1)`, [
      JSON.stringify({ orderId, cartId }),
    ]);
    await client.query('commit');
    return { orderId };
  } finally {
    client.release();
  }
});

process.stdout.write(`${await app.listen({ port: 0, host: '127.0.0.1' })}\n`);
