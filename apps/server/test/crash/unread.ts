import { Admin, ListOffsetTimestamps } from '@platformatic/kafka';
import type { TestKafka } from '#kernel/kafka/testing';
import type { TestRedis } from '#kernel/redis/testing';
import { contractMap } from '#kernel/topology';

const fields = (list: readonly unknown[]): ReadonlyMap<unknown, unknown> =>
  new Map(list.flatMap((name, at) => (at % 2 === 0 ? [[name, list[at + 1]] as const] : [])));

/** What lies in Redis and nobody has taken yet: requests in their lists, messages in streams behind a group's place. */
export async function unreadInRedis({ client: redis }: TestRedis): Promise<string[]> {
  const keys = await redis.keys('cleave:*');
  const found = await Promise.all(
    keys.map(async (key) => {
      const type = await redis.type(key);
      if (type === 'list') return [`${key}: ${await redis.llen(key)} requests`];
      if (type !== 'stream') return [];
      const end = fields((await redis.xinfo('STREAM', key)) as unknown[]).get('last-generated-id');
      const groups = ((await redis.xinfo('GROUPS', key)) as unknown[][]).map(fields);
      return groups
        .filter((group) => group.get('last-delivered-id') !== end || group.get('pending') !== 0)
        .map(
          (group) =>
            `${key}: ${String(group.get('name'))} has read to ${String(group.get('last-delivered-id'))} of ${String(end)}`,
        );
    }),
  );
  return found.flat();
}

/** What lies in Kafka and nobody has taken yet: messages behind a group's place. */
export async function unreadInKafka({ brokers }: TestKafka): Promise<string[]> {
  const admin = new Admin({ clientId: 'crash', bootstrapBrokers: [brokers], retries: 3 });
  try {
    // None where nothing was told since Kafka lost all it had.
    const names = (await admin.listTopics()).filter((name) => name.startsWith('cleave.events.'));
    const { topics } = await admin.metadata({ topics: names });
    const asked = [...topics].map(([name, { partitions }]) => ({
      name,
      partitions: partitions.map((_, partitionIndex) => ({ partitionIndex, timestamp: ListOffsetTimestamps.LATEST })),
    }));
    const ends = await admin.listOffsets({ topics: asked });
    const { contexts, readersOf } = contractMap();
    const groups = await admin.listConsumerGroupOffsets({
      groups: ['cleave.events', ...contexts.map((reader) => `cleave.events.${reader}`)],
    });
    const placeOf = (group: string, topic: string, partition: number) =>
      groups
        .find(({ groupId }) => groupId === group)
        ?.topics.find(({ name }) => name === topic)
        ?.partitions.find(({ partitionIndex }) => partitionIndex === partition);
    return ends.flatMap(({ name: topic, partitions }) =>
      readersOf(topic.slice('cleave.events.'.length)).flatMap((reader) =>
        partitions.flatMap(({ partitionIndex, offset }) => {
          const beginning = placeOf('cleave.events', topic, partitionIndex);
          const own = placeOf(`cleave.events.${reader}`, topic, partitionIndex);
          // A reader that has no place in this log begins where it does.
          const read = (own?.metadata === beginning?.metadata ? own : beginning)?.committedOffset;
          return read === offset ? [] : [`${topic}/${partitionIndex}: ${reader} has read to ${read} of ${offset}`];
        }),
      ),
    );
  } finally {
    await admin.close();
  }
}
