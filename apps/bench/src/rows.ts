import pg from 'pg';

/** Stands in ten products of as many as there may be, and in every second one. */
export const RARE = 'edelweiss';
export const COMMON = 'outdoor';
/** Has the 200th part of all products; the section has the 20th. */
export const SECTION = 'Section 3';
export const CATEGORY = `${SECTION} > Shelf 7`;

/** One of 420 words that nobody knows: by a hundred and more PostgreSQL guesses how many rows the beginning of a word finds. */
const MADE_UP = `(array['ka','lo','mi','ne','pu','ra','so','ti','vu','we','xa','yo','zi','be','cu','da','fo','gi','he','ju'])[1 + n * 3 % 20] ||
  (array['bar','den','fin','gol','hus','kem','lar','mon','nil','pot','rus','sel','tam','vor','win','xet','yam','zor','ban','cel','dur'])[1 + n % 21]`;

/** An id of row `n` as UUIDv7 has them, a second and a half from row to row; of each kind of thing another. */
const idOf = (kind: number): string =>
  `(lpad(to_hex(1740000000000 + n * 1500::bigint), 12, '0') || '7000800${kind}' || lpad(to_hex(n), 12, '0'))::uuid`;

/** What differs from the model's row, by column: expressions of `n` and `model`. */
type Differing = Readonly<Record<string, string>>;

/**
 * Adds `count` published products of one variant, modelled on SKU-0: what differs between products differs. Written as
 * the catalog writes them (products.ts), but by one statement, since a million imports take an hour.
 */
export async function addProducts(url: string, count: number): Promise<void> {
  const [id, variantId] = [idOf(1), idOf(2)];
  const title = `
    (array['Light','Warm','Sturdy','Blue','Folding','Short','Wide','Alpine','Silent','Late'])[1 + n * 7 % 10] || ' ' ||
    (array['Tent','Boot','Lamp','Cap','Stove','Rope','Sack','Bottle','Map','Jacket','Pole'])[1 + n * 5 % 11] || ' ' ||
    ${MADE_UP} || ' ' || n || ${either(`n % ${Math.ceil(count / 10)} = 0`, ` ${RARE}`, '')}`;
  const tag = either('n % 2 = 0', COMMON, 'indoor');
  const words = `'section ' || n % 20 || ' shelf ' || n / 20 % 10 || ' maker ' || n % 50 || ' bench ' || ${tag} || ' grown ' || n`;
  await filling(url, 'catalog', count, async (fill, query) => {
    const model = `select * from product where handle = 'sku-0'`;
    const [row] = await query<{ document: { variants: object[] } }>(model);
    const [variant] = row!.document.variants;
    const document = JSON.stringify({
      ...row!.document,
      id: '%1$s',
      handle: 'grown-%2$s',
      title: '%3$s',
      category: 'Section %4$s > Shelf %5$s',
      vendor: 'Maker %6$s',
      tags: ['bench', '%7$s'],
      options: [{ name: 'Size', values: ['S'] }],
      variants: [{ ...variant, id: '%8$s', sku: 'GROWN-%2$s' }],
    });
    await fill('product', model, {
      id,
      handle: `'grown-' || n`,
      document: `format('${document}', ${id}, n, ${title}, n % 20, n / 20 % 10, n % 50, ${tag}, ${variantId})::json`,
      search: `setweight(to_tsvector('simple', lower(${title})), 'A') || setweight(to_tsvector('simple', ${words}), 'B') || ts_filter(model.search, '{d}')`,
    });
    await fill('variant', `select * from variant where sku = 'SKU-0'`, {
      sku: `'GROWN-' || n`,
      product_id: id,
      id: variantId,
      title: `${title} || ' / S'`,
    });
    await query(`
      insert into category (name, products)
      select category, count(*) from product where status = 'published' and category is not null group by category
      on conflict (name) do update set products = excluded.products`);
  });
}

/** Adds `count` orders, most of them completed, each with its cart, reservation and payment, modelled on one that was placed. */
export async function addOrders(url: string, count: number): Promise<void> {
  const [order, cart, payment] = [idOf(3), idOf(4), idOf(5)];
  const owner = `'guest:' || encode(sha256(n::text::bytea), 'hex')`;
  const tables: Record<string, Record<string, Differing>> = {
    ordering: {
      orders: {
        id: order,
        number: '(10000000 + n)::text',
        cart_id: cart,
        owner,
        status: `coalesce((array['rejected','expired','shipped'])[1 + n % 60], 'completed')`,
        created_at: 'to_timestamp(1740000000 + n * 1.5)',
        payment: `replace(model.payment::text, model.payment->>'id', ${payment}::text)::jsonb`,
      },
    },
    cart: { cart: { id: cart, owner, order_id: order, last_order_id: order } },
    inventory: { reservation: { order_id: order } },
    payments: {
      payment: {
        id: payment,
        order_id: order,
        provider_reference: `'pay_' || ${payment}`,
        state: `replace(replace(model.state::text, model.order_id::text, ${order}::text), model.provider_reference, 'pay_' || ${payment})::jsonb`,
      },
      payment_event: { payment_id: payment },
    },
  };
  for (const [context, contextTables] of Object.entries(tables))
    await filling(url, context, count, async (fill) => {
      for (const [table, differing] of Object.entries(contextTables))
        await fill(
          table,
          table === 'payment_event'
            ? 'select * from payment_event where payment_id = (select id from payment where order_id is not null limit 1)'
            : `select * from ${table} limit 1`,
          differing,
        );
    });
}

const either = (condition: string, yes: string, no: string): string =>
  `case when ${condition} then '${yes}' else '${no}' end`;

type Fill = (table: string, model: string, differing: Differing) => Promise<void>;
type Query = <Row extends pg.QueryResultRow>(text: string) => Promise<Row[]>;

/** Fills tables as the context that owns them, over two connections; triggers and foreign keys are not asked. */
async function filling(
  url: string,
  context: string,
  count: number,
  work: (fill: Fill, query: Query) => Promise<void>,
): Promise<void> {
  const clients = [new pg.Client(url), new pg.Client(url)] as const;
  const half = Math.ceil(count / 2);
  const query: Query = async (text) => (await clients[0].query(text)).rows as never;
  const fill: Fill = async (table, model, differing) => {
    // An index is made of all rows at once in a fraction of the time.
    const indexes = await query<{ name: string; definition: string }>(`
      select indexrelid::regclass as name, pg_get_indexdef(indexrelid) as definition
      from pg_index where indrelid = '${table}'::regclass and not indisunique`);
    const columns = await query<{ name: string }>(`
      select attname as name from pg_attribute
      where attrelid = '${table}'::regclass and attnum > 0 and not attisdropped and attgenerated = ''`);
    const names = columns.map(({ name }) => name);
    for (const { name } of indexes) await query(`drop index ${name}`);
    await Promise.all(
      clients.map((client, which) =>
        client.query(`
          insert into ${table} (${names.join()}) select ${names.map((name) => differing[name] ?? `model.${name}`).join()}
          from (${model}) model, generate_series(${which * half + 1}, ${which === 0 ? half : count}) n`),
      ),
    );
    for (const { definition } of indexes) await query(definition);
    await query(`vacuum analyze ${table}`);
  };
  try {
    for (const client of clients) await client.connect();
    for (const [setting, value] of Object.entries(meanwhile)) await query(`alter system set ${setting} = '${value}'`);
    await query('select pg_reload_conf()');
    for (const client of clients) {
      await client.query(`set session_replication_role = replica; set maintenance_work_mem = '512MB'`);
      await client.query(`set role cleave_${context}; set search_path = ${context}`);
    }
    await work(fill, query);
    await query('reset role');
    for (const setting of Object.keys(meanwhile)) await query(`alter system reset ${setting}`);
    await query('select pg_reload_conf()');
    await query('checkpoint');
  } finally {
    for (const client of clients) await client.end();
  }
}

/** One checkpoint, when all is written: after each, the log takes in every page that changes. */
const meanwhile = { max_wal_size: '64GB', checkpoint_timeout: '1h', autovacuum: 'off' };
