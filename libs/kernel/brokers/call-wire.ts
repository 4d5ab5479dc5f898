import type { CallRequest } from '#kernel/core';
import { Failure, type FailureEnvelope, JsonText } from '#kernel/messages';

/** A request as it is written: one attempt of a call. */
export interface Attempt extends CallRequest {
  /** Unique to the one who asks. A number: short strings that JSON brings would each be kept in V8's table of strings. */
  readonly id: number;
  /** Who asks: the end of the channel that the reply goes to. */
  readonly from: string;
  /** Epoch milliseconds after which it is not to be begun. */
  readonly until: number;
  /** After which nobody waits for the reply, where that is later. */
  readonly answerBy?: number | undefined;
}

/**
 * So many requests share a signature, at most. They are taken together: few enough that idle replicas share a heap, and
 * that a packet has room where any other would.
 */
export const PACKET = 8;

/** @throws SyntaxError */
export function readAttempts(body: string): Attempt[] {
  const attempts: unknown = JSON.parse(body);
  const isAttempt = (one: Partial<Attempt> | null) => typeof one?.from === 'string' && typeof one.metadata === 'object';
  if (!Array.isArray(attempts) || !attempts.every(isAttempt)) throw new SyntaxError('not requests');
  return attempts as Attempt[];
}

export const writeAttempts = (texts: readonly string[]): string => `[${texts.join(',')}]`;

/** What the line before an answer tells of it, where there is more to tell than whose it is and how long. */
interface More {
  /** Of an answer that its owner had as text: what an edge may know of it. */
  readonly fields?: object;
  readonly failure?: FailureEnvelope;
}

export function answerReply(id: number, answer: unknown): string {
  if (answer === undefined) return written(id);
  if (!(answer instanceof JsonText)) return written(id, JSON.stringify(answer));
  const { text, ...fields } = answer;
  return written(id, text, { fields });
}

export const failureReply = (id: number, failure: Failure): string =>
  written(id, '', { failure: failure.toEnvelope() });

/** Not an answer: it has been begun, and there will be one. */
export const workingReply = (id: number): string => `${id} 0 ${WORKING}\n`;
const WORKING = '"working"';

/** `<id> <length> <more, as JSON>`, and on the next line the answer: JSON text, for nobody on the way needs to know what it says. */
const written = (id: number, text = '', more?: More): string =>
  `${id} ${text.length}${more ? ` ${JSON.stringify(more)}` : ''}\n${text}`;
/** The length is in UTF-16 units. */
const HEADER = /(\d+) (\d+)(?: ([^\n]+))?\n/y;

export interface Reply {
  readonly id: number;
  /** It is no answer yet. */
  readonly isWorking: boolean;
  /** @throws Failure as the owner did */
  readonly outcome: () => unknown;
}

/** The replies of one packet. @throws SyntaxError */
export function readReplies(body: string): Reply[] {
  const replies: Reply[] = [];
  for (let at = 0; at < body.length;) {
    HEADER.lastIndex = at;
    const [, id, length, more] = HEADER.exec(body) ?? [];
    if (id === undefined) throw new SyntaxError('not a reply');
    const start = HEADER.lastIndex;
    const end = (at = start + Number(length));
    replies.push({
      id: Number(id),
      isWorking: more === WORKING,
      outcome: () => outcomeOf(more, body.slice(start, end)),
    });
  }
  return replies;
}

function outcomeOf(more: string | undefined, text: string): unknown {
  const { failure, fields } = more === undefined ? ({} as More) : (JSON.parse(more) as More);
  if (failure) throw new Failure(failure);
  if (fields) return new JsonText(text, fields);
  return text === '' ? undefined : JSON.parse(text);
}
