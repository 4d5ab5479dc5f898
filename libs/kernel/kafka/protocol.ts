import { FindCoordinatorKeyTypes, offsetCommitV8, offsetForLeaderEpochV4, ResponseError } from '@platformatic/kafka';
import type { Cluster } from './cluster.js';
import type { LogOffset } from './log-offset.js';

/**
 * Requests of Kafka's protocol that no client of the library sends: its consumer commits offsets as a member of a group alone
 * and without metadata, and none of them asks where the records of an earlier leader end (KIP-320).
 */

export interface CommittedOffset extends LogOffset {
  readonly topic: string;
  readonly partition: number;
}

const NOT_A_MEMBER = -1;
const ANY_LEADER = -1;
const NO_REPLICA = -1;
const UNKNOWN_TOPIC = 3;

/** Commits offsets for a group without members; the last to write wins. Offsets of a topic that is no more are passed over. */
export async function commitOffsets(
  { admin }: Cluster,
  group: string,
  offsets: readonly CommittedOffset[],
): Promise<void> {
  const topics = [...Map.groupBy(offsets, ({ topic }) => topic)].map(([name, some]) => ({
    name,
    partitions: some.map(({ partition, offset, epoch, log }) => ({
      partitionIndex: partition,
      committedOffset: BigInt(offset),
      committedLeaderEpoch: epoch,
      committedMetadata: log,
    })),
  }));
  const [coordinator] = await admin.findCoordinator({ keyType: FindCoordinatorKeyTypes.GROUP, keys: [group] });
  const connection = await admin.connections.get(coordinator!);
  try {
    await offsetCommitV8.api.async(connection, group, NOT_A_MEMBER, '', null, topics);
  } catch (error) {
    if (!(error instanceof ResponseError) || error.errors.some((one) => one.apiCode !== UNKNOWN_TOPIC)) throw error;
  }
}

/** The offset after the last record that a partition has of that leader epoch, or of one before it. */
export async function endOfEpoch(
  { admin }: Cluster,
  at: { readonly leader: number; readonly topic: string; readonly partition: number },
  epoch: number,
): Promise<number> {
  const { brokers } = await admin.metadata({ topics: [] });
  const connection = await admin.connections.get(brokers.get(at.leader)!);
  const partitions = [{ partitionIndex: at.partition, currentLeaderEpoch: ANY_LEADER, leaderEpoch: epoch }];
  const question = [{ name: at.topic, partitions }];
  const { topics } = await offsetForLeaderEpochV4.api.async(connection, NO_REPLICA, question);
  return Number(topics[0]!.partitions[0]!.endOffset);
}
