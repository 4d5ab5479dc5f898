import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { contextIn } from '#kernel/base';

/** One message on its way: from a context, or from `edge`, which is HTTP; to a context, or to `*`, which is each of them. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly message: string;
}

/** Who speaks to whom, as the committed snapshot of the contracts says. */
export interface ContractMap {
  readonly contexts: readonly string[];
  /** Who asks and waits for the answer. */
  readonly calls: readonly Arrow[];
  /** Which context sends a command of another, durably. */
  readonly sends: readonly Arrow[];
  /** Which context's events another listens to. */
  readonly events: readonly Arrow[];
  /** The other contexts that read a publisher's log: they listen to its events, or own commands that it sends. */
  readonly readersOf: (publisher: string) => string[];
  /** The subscribers that hear a publisher's events, its own among them, by `<context>.<name>`. */
  readonly subscribersOf: (publisher: string) => string[];
}

/** As much of a message in the snapshot as the map is made of. */
interface Spoken {
  readonly name: string;
  readonly context: string;
  /** The contexts, and `edge`, that execute it. */
  readonly askedBy: readonly string[];
  readonly sentBy: readonly string[];
  /** `<context>.<name>` each. */
  readonly subscribers: readonly string[];
}

/**
 * Reads the map: from the snapshot of the project that this code belongs to, `contracts/contracts.json` in the nearest
 * folder above it, where no other file is named. It takes a few milliseconds, which a monolith need not spend.
 * @throws Error where there is none
 */
export function contractMap(file = snapshotAbove(import.meta.dirname)): ContractMap {
  return mapOf((JSON.parse(readFileSync(file, 'utf8')) as { messages: Spoken[] }).messages);
}

/** The map of these messages. */
export function mapOf(messages: readonly Spoken[]): ContractMap {
  const calls = messages.flatMap(({ name, context, askedBy }) => arrows(askedBy, [context], name));
  const sends = messages.flatMap(({ name, context, sentBy }) => arrows(sentBy, [context], name));
  const events = messages.flatMap(({ name, context, subscribers }) =>
    arrows([context], new Set(subscribers.map(contextIn)), name),
  );
  const speaking = [...calls, ...sends, ...events].flatMap(({ from, to }) => [from, to]);
  const contexts = new Set([...messages.map(({ context }) => context), ...speaking]);
  return {
    contexts: [...contexts].filter((name) => name !== '*' && name !== 'edge').toSorted(),
    calls,
    sends,
    events,
    readersOf: (publisher) => {
      const read = [...sends, ...events].filter(({ from }) => from === publisher);
      return [...new Set(read.map(({ to }) => to))].toSorted();
    },
    subscribersOf: (publisher) => {
      const heard = messages.filter(({ context }) => context === publisher);
      return [...new Set(heard.flatMap(({ subscribers }) => subscribers))].toSorted();
    },
  };
}

/** What a context says to itself never leaves it. */
const arrows = (from: Iterable<string>, to: Iterable<string>, message: string): Arrow[] =>
  [...from].flatMap((one) => [...to].flatMap((other) => (one === other ? [] : [{ from: one, to: other, message }])));

function snapshotAbove(folder: string): string {
  const file = join(folder, 'contracts/contracts.json');
  if (existsSync(file)) return file;
  if (dirname(folder) === folder)
    throw new Error(
      'There is no contracts/contracts.json above the code: deploy it too, or make it by npm run contracts.',
    );
  return snapshotAbove(dirname(folder));
}
