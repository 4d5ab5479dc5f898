import { readReplies, type Reply } from '#kernel/brokers';

/** Who replies. */
interface Replica {
  readonly owner: string;
  readonly replica: string;
  /** Of the owner's requests: those that it reads. */
  readonly partitions: readonly number[];
}

/** A line that says who replies, and the replies. */
export const writeReplyPacket = (from: Replica, replies: readonly string[]): string =>
  `${JSON.stringify(from)}\n${replies.join('')}`;

/** @throws SyntaxError */
export function readReplyPacket(body: string): Replica & { readonly replies: readonly Reply[] } {
  const end = body.indexOf('\n');
  const from = JSON.parse(body.slice(0, end)) as Partial<Replica> | null;
  if (typeof from?.owner !== 'string' || typeof from.replica !== 'string' || !Array.isArray(from.partitions))
    throw new SyntaxError('not a packet of replies');
  return { ...(from as Replica), replies: readReplies(body.slice(end + 1)) };
}
