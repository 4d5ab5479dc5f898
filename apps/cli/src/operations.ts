import { Command } from 'commander';
import * as z from 'zod';
import { drawn, Flow } from './flow-tree.js';
import { Operator, type OperatorOptions } from './operator.js';
import { table } from './table.js';

const DeadLetters = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      message: z.string(),
      key: z.string(),
      attempts: z.int(),
      error: z.object({ code: z.string(), message: z.string() }).nullable(),
      parkedAt: z.string(),
      nextAttemptAt: z.string().nullable(),
      waiting: z.int(),
    }),
  ),
  nextCursor: z.string().nullable(),
  unavailable: z.array(z.string()),
});

const Replayed = z.object({ messages: z.int(), destinations: z.array(z.string()) });

interface ListOptions extends OperatorOptions {
  readonly context?: string;
  readonly limit?: string;
  readonly retrying?: boolean;
  readonly json?: boolean;
}

const print = (text: string): void => void process.stdout.write(text);
const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** A command that talks to a running server. */
const online = (command: Command): Command =>
  command
    .option('--url <url>', 'the server; default: the one that runs on CLEAVE_DATA_DIR, else http://localhost:3000')
    .option('--token <token>', 'an access token; default: CLEAVE_TOKEN')
    .option('--email <email>', 'logs in; default: CLEAVE_EMAIL, or the demo’s admin outside production')
    .option('--password <password>', 'default: CLEAVE_PASSWORD');

/** `cleave dead-letters …` */
export function deadLetters(): Command {
  const group = new Command('dead-letters').description('Messages that could not be handled and wait for a human.');
  online(group.command('list').description('Lists them, the oldest first.'))
    .option('--context <context>', 'of one context alone')
    .option('--limit <number>', '1 to 100', '20')
    .option('--retrying', 'also what failed and is still being tried')
    .option('--json', 'prints the API’s answer')
    .action(list);
  online(
    group.command('redrive').description('Lets one be tried again, with all its attempts.').argument('<id>'),
  ).action(async (id: string, options: OperatorOptions) => {
    await (await Operator.logIn(options)).ask('POST', `/api/v1/admin/dead-letters/${encodeURIComponent(id)}/redrive`);
    print(`Being tried again: ${id}\n`);
  });
  online(
    group.command('discard').description('Gives one up for good; what waits behind it goes on.').argument('<id>'),
  ).action(async (id: string, options: OperatorOptions) => {
    await (await Operator.logIn(options)).ask('DELETE', `/api/v1/admin/dead-letters/${encodeURIComponent(id)}`);
    print(`Discarded: ${id}\n`);
  });
  return group;
}

/** `cleave events replay <context>` */
export function events(): Command {
  const group = new Command('events').description('What contexts tell each other.');
  online(
    group
      .command('replay')
      .description('Tells again what a context has published; who had it drops it.')
      .argument('<publisher>', 'the context'),
  )
    .requiredOption('--since <instant>', 'from then on, as 2026-01-31T12:00:00.000Z')
    .option('--to <destination>', 'to this subscriber or log alone, as ordering.checkout or kafka')
    .action(async (publisher: string, { since, to, ...options }: OperatorOptions & { since: string; to?: string }) => {
      const body = { since, ...(to === undefined ? {} : { destination: to }) };
      const path = `/api/v1/admin/contexts/${encodeURIComponent(publisher)}/replays`;
      const { messages, destinations } = Replayed.parse(await (await Operator.logIn(options)).ask('POST', path, body));
      print(
        destinations.length === 0
          ? 'Nothing is told again: nobody has come so far yet.\n'
          : `Told again: ${messages} messages, to ${destinations.join(', ')}.\n`,
      );
    });
  return group;
}

/** `cleave flow <correlation id>` */
export const flow = (): Command =>
  online(
    new Command('flow')
      .description('Draws every message that followed from one request, by what caused it.')
      .argument('<correlation-id>', 'the request’s x-request-id, the traceId of its errors'),
  )
    .option('--json', 'prints the API’s answer')
    .action(async (id: string, options: OperatorOptions & { json?: boolean }) => {
      const answer = await (await Operator.logIn(options)).ask('GET', `/api/v1/admin/flows/${encodeURIComponent(id)}`);
      print(options.json ? json(answer) : drawn(Flow.parse(answer)));
    });

async function list({ context, limit = '20', retrying, json: asJson, ...options }: ListOptions): Promise<void> {
  const asked = new URLSearchParams({ limit });
  if (context !== undefined) asked.set('context', context);
  if (retrying) asked.set('retrying', 'true');
  const answer = await (await Operator.logIn(options)).ask('GET', `/api/v1/admin/dead-letters?${asked.toString()}`);
  if (asJson) return print(json(answer));
  const { items, nextCursor, unavailable } = DeadLetters.parse(answer);
  const rows = items.map(({ id, message, key, attempts, waiting, parkedAt, nextAttemptAt, error }) => [
    id,
    message,
    key,
    parkedAt,
    nextAttemptAt ?? 'dead',
    String(attempts),
    String(waiting),
    error ? `${error.code}: ${error.message.split('\n')[0]}` : '',
  ]);
  print(
    items.length === 0
      ? 'No dead letters.\n'
      : table([['ID', 'MESSAGE', 'KEY', 'PARKED', 'NEXT', 'ATTEMPTS', 'WAITING', 'ERROR'], ...rows]),
  );
  if (nextCursor !== null) print(`There are more than these ${items.length}.\n`);
  if (unavailable.length > 0) print(`Not to be asked just now: ${unavailable.join(', ')}\n`);
}
