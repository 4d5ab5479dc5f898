import Fastify from 'fastify';
import pg from 'pg';

/** The yardstick for reads: Fastify and pg alone, the same rows by prepared statements, no log, no checks, no context. */
const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 4 });

interface Row {
  document: { variants: { sku: string }[] };
  available: string[];
}

const shown = ({ document, available }: Row) => ({
  ...document,
  variants: document.variants.map((variant) => ({ ...variant, available: available.includes(variant.sku) })),
});

const columns = `document, array(select sku from catalog.variant where product_id = product.id and available) as available`;
const one = { name: 'one', text: `select ${columns} from catalog.product where id = $1 and status = 'published'` };
const page = {
  name: 'page',
  text: `select ${columns} from catalog.product where status = 'published' order by id desc limit 20`,
};

const app = Fastify();
app.get<{ Params: { id: string } }>('/products/:id', async ({ params }, reply) => {
  const { rows } = await pool.query<Row>({ ...one, values: [params.id] });
  return rows[0] ? shown(rows[0]) : reply.code(404).send();
});
app.get('/products', async () => {
  const { rows } = await pool.query<Row>(page);
  return { items: rows.map(shown) };
});
process.stdout.write(`${await app.listen({ port: 0, host: '127.0.0.1' })}\n`);
