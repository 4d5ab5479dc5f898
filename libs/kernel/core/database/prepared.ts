import pg from 'pg';
import type { Sql } from './sql.js';

/** What pg keeps of a row description. */
interface Shape {
  fields: readonly { readonly name: string }[];
  _parsers: unknown;
  _prebuiltEmptyResultObject: unknown;
}
interface Known {
  /** By the names of the statements. */
  readonly shapes: Map<string, Shape>;
  /** The connection, but that it does not ask for one, and sends all that a statement takes at once. */
  readonly terse: pg.Connection;
}
/** The message of that name (PostgreSQL's manual, 54.7). */
const SYNC = Buffer.from([0x53, 0, 0, 0, 4]);
type Wire = pg.Connection & { _send(message: Uint8Array): void };
const known = new WeakMap<pg.Connection, Known>();
interface Steps {
  prepare(this: Prepared, connection: pg.Connection): void;
  handleRowDescription(this: Prepared, description: object): void;
}
const query = pg.Query.prototype as unknown as Steps;

/**
 * A statement as pg sends it, for less: what is handed over as plain settings it first copies property by property, and with
 * each execution it asks what the rows look like, which PostgreSQL never changes for a statement that a connection has prepared.
 */
class Prepared extends pg.Query {
  declare readonly name: string | undefined;
  declare readonly _result: Shape;
  private shapes: Map<string, Shape> | undefined;

  constructor({ text, values, name }: Sql) {
    super('');
    Object.assign(this, { text, values, name, _accumulateRows: true });
  }

  /** As pg sends it. */
  prepare(connection: pg.Connection): void {
    const { shapes, terse } = known.get(connection) ?? knowing(connection);
    this.shapes = shapes;
    const shape = this.name === undefined ? undefined : shapes.get(this.name);
    Object.assign(this._result, shape);
    query.prepare.call(this, shape ? terse : connection);
  }

  /** As pg hears what the rows look like. */
  handleRowDescription(description: object): void {
    query.handleRowDescription.call(this, description);
    const { fields, _parsers, _prebuiltEmptyResultObject } = this._result;
    if (this.name !== undefined) this.shapes!.set(this.name, { fields, _parsers, _prebuiltEmptyResultObject });
  }
}

function knowing(connection: pg.Connection): Known {
  const parts: Uint8Array[] = [];
  const terse = Object.create(connection, {
    describe: { value: () => undefined },
    _send: { value: (part: Uint8Array) => parts.push(part) },
    sync: { value: () => (connection as Wire)._send(Buffer.concat([...parts.splice(0), SYNC])) },
  }) as pg.Connection;
  const made = { shapes: new Map<string, Shape>(), terse };
  known.set(connection, made);
  return made;
}

/** Runs a statement on a connection that is in hand. */
export function run(client: pg.ClientBase, statement: Sql): Promise<pg.QueryResult> {
  return new Promise((resolve, reject) => {
    const callback = (error: Error | null, result: pg.QueryResult) => (error ? reject(error) : resolve(result));
    client.query(Object.assign(new Prepared(statement), { callback }));
  });
}

/** Runs a statement on any connection of a pool. */
export function runOn(pool: pg.Pool, statement: Sql): Promise<pg.QueryResult> {
  // Typed for a client, where it answers with itself; a pool answers with the result.
  return pool.query(new Prepared(statement)) as unknown as Promise<pg.QueryResult>;
}
