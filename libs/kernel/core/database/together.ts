import { renumbered, Sql } from './sql.js';

/** A statement that a transaction keeps for its end. With `refused` it must touch a row, or the transaction fails with that error. */
export interface Written {
  readonly statement: Sql;
  readonly refused?: (() => Error) | undefined;
  /**
   * Runs after all others: a message must draw its sequence number after the rows that it is about are locked, and after its
   * transaction has its xid. Answers `ids`, in order, and `at`.
   */
  readonly last?: boolean;
}

/** SQLSTATE of refuse(), a function in every context's schema. */
const REFUSED = 'CL001';

const texts = new Map<string, Sql>();

/** Many statements as one: one round trip, one snapshot, all or none. No two of them may write the same table. */
export function together(all: readonly Written[]): Sql {
  const [only] = all;
  if (all.length === 1 && !only!.refused && !only!.last) return only!.statement;
  const values = all.flatMap(({ statement }) => statement.values);
  const key = all.map(({ statement, refused }) => `${statement.name ?? statement.text}${refused ? '!' : ''}`).join(' ');
  let made = texts.get(key);
  if (!made) {
    made = Sql.of(textOf(all));
    texts.set(key, made);
  }
  return new Sql(made.text, values, made.name);
}

function textOf(all: readonly Written[]): string {
  let offset = 0;
  const done = all.flatMap(({ last }, index) => (last ? [] : [`(select count(*) from w${index}) >= 0`]));
  const parts = all.map(({ statement, last }, index) => {
    let text = renumbered(statement.text, offset);
    offset += statement.values.length;
    if (last) text = text.replace('where true', `where ${['pg_current_xact_id() is not null', ...done].join(' and ')}`);
    return `w${index} as (${/^\s*select\b|\breturning\b/i.test(text) ? text : `${text} returning 1`})`;
  });
  const refusals = all.flatMap(({ refused }, index) =>
    refused ? [`case when not exists (select from w${index}) then refuse('w${index}') end`] : [],
  );
  const placed = all.flatMap(({ last }, index) =>
    last ? [`(select json_agg(id order by id) from w${index}) as ids, now() as at`] : [],
  );
  return `with ${parts.join(', ')} select ${[...refusals, ...placed].join(', ')}`;
}

/** The error that a statement among `all` promised for being refused. */
export function refusalOf(error: unknown, all: readonly Written[]): Error | undefined {
  const { code, message = '' } = error as { code?: string; message?: string };
  return code === REFUSED ? all[Number(message.slice(1))]?.refused?.() : undefined;
}

const targets = new Map<string, string>();

/** The table that a statement writes. */
export function targetOf({ text }: Sql): string {
  let target = targets.get(text);
  if (target === undefined) {
    target = /^\s*(?:insert\s+into|update|delete\s+from)\s+(?:only\s+)?(\S+)/i.exec(text)?.[1] ?? text;
    targets.set(text, target);
  }
  return target;
}

/** The row has changed since it was read. Has PostgreSQL's code for a serialization failure, so that the whole is done again. */
export class ConcurrentChange extends Error {
  readonly code = '40001';

  constructor() {
    super('the row has changed since it was read');
  }
}
