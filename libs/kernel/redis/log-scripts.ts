import type { Redis } from 'ioredis';

/**
 * What a publisher's log is made of: `<prefix>:log:{<publisher>}`, a hash that names it, and a stream for each partition,
 * each with a consumer group for every context that reads it.
 */
export interface LogKeys {
  readonly name: string;
  readonly partition: (partition: number) => string;
  /** A channel: "there is more in this partition". */
  readonly news: string;
}

export function logKeys(prefix: string, publisher: string): LogKeys {
  const name = `${prefix}:log:{${publisher}}`;
  return { name, partition: (partition) => `${name}:${partition}`, news: `${name}:news` };
}

/**
 * Makes what is missing of a log and answers `partitions id`. The id is new where anything of what was in it may be lost:
 * a stream is missing (FLUSHALL, DEL), or this is not the same run of the server (it may have come back with an older
 * file, or be a replica that took over).
 */
const make = `
local id = redis.call('HGET', KEYS[1], 'id')
local partitions = redis.call('HGET', KEYS[1], 'partitions')
if partitions and partitions ~= ARGV[1] then return {partitions, id} end
local whole = id and redis.call('HGET', KEYS[1], 'run') == ARGV[3]
for at = 2, #KEYS do
  if redis.call('EXISTS', KEYS[at]) == 0 then whole = false end
  for group = 4, #ARGV do redis.pcall('XGROUP', 'CREATE', KEYS[at], ARGV[group], '0', 'MKSTREAM') end
end
if not whole then
  id = ARGV[2]
  redis.call('HSET', KEYS[1], 'partitions', ARGV[1], 'id', id, 'run', ARGV[3])
end
return {ARGV[1], id}`;

/** Appends to the log that has this id, and to no other. Answers the last entry's id, or nothing. */
const append = `
if redis.call('HGET', KEYS[1], 'id') ~= ARGV[1] then return false end
local last
for at = 4, #ARGV do
  last = redis.call('XADD', KEYS[2], 'NOMKSTREAM', '*', 'pack', ARGV[at])
  if not last then return false end
end
redis.call('PUBLISH', ARGV[2], ARGV[3])
return last`;

export async function makeLog(
  redis: Redis,
  keys: LogKeys,
  log: { partitions: number; id: string; run: string; readers: readonly string[] },
): Promise<{ partitions: number; id: string }> {
  const names = [keys.name, ...Array.from({ length: log.partitions }, (_, partition) => keys.partition(partition))];
  const [partitions, id] = (await redis.eval(
    make,
    names.length,
    ...names,
    log.partitions,
    log.id,
    log.run,
    ...log.readers,
  )) as [string, string];
  return { partitions: Number(partitions), id };
}

export async function appendToLog(
  redis: Redis,
  keys: LogKeys,
  id: string,
  partition: number,
  entries: readonly string[],
): Promise<string | undefined> {
  const stream = keys.partition(partition);
  const last = await redis.eval(append, 2, keys.name, stream, id, keys.news, partition, ...entries);
  return (last as string | null) ?? undefined;
}

/** How far each group has come in a partition; undefined where there is no such stream. */
export async function placesOf(redis: Redis, stream: string): Promise<Map<string, string> | undefined> {
  try {
    const groups = (await redis.xinfo('GROUPS', stream)) as string[][];
    return new Map(groups.map((fields) => [field(fields, 'name'), field(fields, 'last-delivered-id')]));
  } catch (error) {
    if (error instanceof Error && error.message.includes('no such key')) return undefined;
    throw error;
  }
}

const field = (fields: readonly string[], name: string): string => fields[fields.indexOf(name) + 1]!;

/** Whether the entry `one` stands before the entry `other`: ids are `<milliseconds>-<sequence>`. */
export function isBefore(one: string, other: string): boolean {
  const [time = 0, sequence = 0] = one.split('-').map(Number);
  const [otherTime = 0, otherSequence = 0] = other.split('-').map(Number);
  return time < otherTime || (time === otherTime && sequence < otherSequence);
}
