import { exceeds } from '#kernel/base';
import { envelopeOf, type MessageRow } from '#kernel/core';
import type { MessageEnvelope } from '#kernel/messages';
import { portionsOf } from './portions.js';
import { FORMAT, type Seal } from './seal.js';

/** UTF-16 units. A reader fetches a hundred entries at once: small enough for that, and large enough that a signature costs little. */
const PACK_LENGTH = 128 * 1024;

/** Messages that are appended to a log together travel as one entry, under one signature: half of the cost of one by one. */
export class MessagePacks {
  constructor(
    private readonly seal: Seal,
    private readonly maxBytes: number,
  ) {}

  /** The messages as entries of the log at `to`, in order. A message that is larger than a pack travels alone. @throws Error where one is too large for the log */
  pack(to: string, messages: readonly MessageEnvelope[]): string[] {
    const all = messages.map((message) => {
      const text = JSON.stringify(message);
      if (exceeds(text, this.maxBytes))
        throw new Error(`${message.name} ${message.id} is larger than ${this.maxBytes} bytes: it holds up ${to}`);
      return text;
    });
    const packs = portionsOf(all, { count: all.length, length: PACK_LENGTH }, ({ length }) => length);
    return packs.map((texts) => this.seal.seal(to, `[${texts.join(',')}]`, FORMAT.pack));
  }

  /** The messages of an entry; undefined where no process of ours signed it. @throws Error where a later version wrote it */
  unpack(to: string, entry: string): MessageEnvelope[] | undefined {
    const opened = this.seal.open(to, entry);
    if (!opened) return undefined;
    try {
      const read: unknown = JSON.parse(opened.body);
      if (opened.format === FORMAT.plain) return [rowOfFormerVersion(read)];
      return Array.isArray(read) ? (read as MessageEnvelope[]) : undefined;
    } catch {
      return undefined; // unsigned, and not JSON: the error would quote it
    }
  }
}

/** Versions before packs appended the row of the outbox, each by itself. */
const rowOfFormerVersion = (read: unknown): MessageEnvelope =>
  envelopeOf({ headers: null, ...(read as Omit<MessageRow, 'headers'> & { at: string }) });
