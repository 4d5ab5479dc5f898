import pg from 'pg';

/** Stands in ten products of as many as there may be, and in every second one. */
export const RARE = 'edelweiss';
export const COMMON = 'outdoor';
/** Has the 200th part of all products. */
export const CATEGORY = 'Section 3 > Shelf 7';

/** One of 420 words that nobody knows: by a hundred and more PostgreSQL guesses how many rows the beginning of a word finds. */
const MADE_UP = `(array['ka','lo','mi','ne','pu','ra','so','ti','vu','we','xa','yo','zi','be','cu','da','fo','gi','he','ju'])[1 + n * 3 % 20] ||
  (array['bar','den','fin','gol','hus','kem','lar','mon','nil','pot','rus','sel','tam','vor','win','xet','yam','zor','ban','cel','dur'])[1 + n % 21]`;

/** An id of row `n` as UUIDv7 has them, a second and a half from row to row; of each kind of thing another. */
const idOf = (kind: number): string =>
  `(lpad(to_hex(1740000000000 + n * 1500::bigint), 12, '0') || '7000800${kind}' || lpad(to_hex(n), 12, '0'))::uuid`;

/**
 * Adds `count` published products of one variant, modelled on SKU-0: what differs between products differs. Written as
 * the catalog writes them (products.ts), but by one statement, since a million imports take an hour.
 */
export const addProducts = (url: string, count: number): Promise<void> =>
  addRows(url, 'catalog', {
    product: `
      with model as materialized (
        select document::jsonb as document, document::jsonb->'variants'->0 as variant, ts_filter(search, '{d}') as prose
        from product where handle = 'sku-0'),
      grown as (
        select n, ${idOf(1)} as id, 'GROWN-' || n as sku, 'Maker ' || n % 50 as vendor,
          'Section ' || n % 20 || ' > Shelf ' || n / 20 % 10 as category, array['bench', ${either('n % 2 = 0', COMMON, 'indoor')}] as tags,
          (array['Light','Warm','Sturdy','Blue','Folding','Short','Wide','Alpine','Silent','Late'])[1 + n * 7 % 10] || ' ' ||
            (array['Tent','Boot','Lamp','Cap','Stove','Rope','Sack','Bottle','Map','Jacket','Pole'])[1 + n * 5 % 11] || ' ' || ${MADE_UP} || ' ' || n ||
            ${either(`n % ${Math.ceil(count / 10)} = 0`, ` ${RARE}`, '')} as title
        from generate_series(1, ${count}) n)
      insert into product (id, handle, status, document, search)
      select id, lower(sku), 'published',
        (document || jsonb_build_object('id', id, 'handle', lower(sku), 'title', title, 'category', category,
          'vendor', vendor, 'tags', tags, 'variants', jsonb_build_array(
            variant || jsonb_build_object('id', ${idOf(2)}, 'sku', sku, 'available', true))))::json,
        setweight(to_tsvector('simple', lower(title)), 'A') ||
          setweight(to_tsvector('simple', regexp_replace(lower(concat_ws(' ', category, vendor, tags::text, sku)), '\\W+', ' ', 'g')), 'B') ||
          prose
      from grown, model`,
    variant: `
      insert into variant (sku, available, product_id, id, title, price_amount, price_currency)
      select shown->>'sku', true, product.id, (shown->>'id')::uuid, document->>'title' || ' / S', 1250, 'EUR'
      from product, lateral (select document->'variants'->0 as shown) variant where handle like 'grown-%'`,
    category: `
      insert into category (name, products)
      select category, count(*) from product where status = 'published' and category is not null group by category
      on conflict (name) do update set products = excluded.products`,
  });

/** Adds `count` orders, most of them completed, each with its cart, reservation and payment, modelled on one that was placed. */
export async function addOrders(url: string, count: number): Promise<void> {
  const [order, cart, payment] = [idOf(3), idOf(4), idOf(5)];
  const copy = (table: string, differing: string) => `
    insert into ${table} select copy.* from generate_series(1, ${count}) n,
      (select to_jsonb(${table}) as row from ${table} limit 1) model,
      jsonb_populate_record(null::${table}, model.row || jsonb_build_object(${differing})) copy`;
  await addRows(url, 'ordering', {
    orders: copy(
      'orders',
      `'id', ${order}, 'number', (10000000 + n)::text, 'cart_id', ${cart}, 'owner', 'guest:' || encode(sha256(n::text::bytea), 'hex'),
       'status', coalesce((array['rejected','expired','shipped'])[1 + n % 60], 'completed'), 'created_at', to_timestamp(1740000000 + n * 1.5)`,
    ),
  });
  await addRows(url, 'cart', { cart: copy('cart', `'id', ${cart}, 'order_id', ${order}`) });
  await addRows(url, 'inventory', { reservation: copy('reservation', `'order_id', ${order}`) });
  await addRows(url, 'payments', { payment: copy('payment', `'id', ${payment}, 'order_id', ${order}`) });
}

const either = (condition: string, yes: string, no: string): string =>
  `case when ${condition} then '${yes}' else '${no}' end`;

/** Runs the statements, by the tables that they fill, as the context that owns these; triggers and foreign keys are not asked. */
async function addRows(url: string, context: string, statements: Readonly<Record<string, string>>): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(`set session_replication_role = replica; set maintenance_work_mem = '512MB'`);
    await client.query(`set role cleave_${context}; set search_path = ${context}`);
    for (const [table, statement] of Object.entries(statements)) {
      // An index is made of all rows at once in a fraction of the time.
      const { rows: indexes } = await client.query<{ name: string; definition: string }>(
        `select indexrelid::regclass as name, pg_get_indexdef(indexrelid) as definition
         from pg_index where indrelid = $1::regclass and not indisunique`,
        [table],
      );
      for (const { name } of indexes) await client.query(`drop index ${name}`);
      await client.query(statement);
      for (const { definition } of indexes) await client.query(definition);
      await client.query(`vacuum analyze ${table}`);
    }
  } finally {
    await client.end();
  }
}
